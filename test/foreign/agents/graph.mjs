import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { interrupt, MessagesAnnotation, StateGraph } from '@langchain/langgraph';

const WORD_MS = 20;

/** Says its words one by one, as a model does: the question and how many messages it was shown, or a long count. */
class Speaker extends BaseChatModel {
  _llmType() {
    return 'speaker';
  }

  async *_streamResponseChunks(messages, options, runManager) {
    const asked = String(messages.at(-1)?.content);
    const count = Array.from({ length: 400 }, (_, n) => `${n}.\n\n`);
    for (const text of asked === 'count' ? count : ['You ', 'said: ', asked, ` (${messages.length})`]) {
      await new Promise((resolve) => setTimeout(resolve, WORD_MS));
      options.signal?.throwIfAborted();
      yield new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) });
      await runManager?.handleLLMNewToken(text);
    }
  }
}

/** A graph as people write them: a model; one that fails; one that stops to ask a person. */
export const graph = new StateGraph(MessagesAnnotation)
  .addNode('answer', async ({ messages }, config) => {
    const asked = String(messages.at(-1)?.content);
    if (asked === 'fail') throw new Error('the graph is out of order');
    if (asked === 'ask') {
      const answered = interrupt({ question: 'Really?' });
      return { messages: [new AIMessage(`You answered: ${JSON.stringify(answered)}`)] };
    }
    return { messages: [await new Speaker({}).invoke(messages, config)] };
  })
  .addEdge('__start__', 'answer')
  .compile();

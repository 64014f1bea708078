export { agentLinkMachine } from './agent/agent-link.machine.js';
export { agentSessionMachine } from './agent/agent-session.machine.js';
export { conversationMachine } from './conversation/conversation.machine.js';
export type {
  ConversationContext,
  ConversationEmitted,
  ConversationEvent,
  ConversationInput,
} from './conversation/conversation.types.js';
export type { ConversationPolicy } from './conversation/policy.js';
export { gatewayMachine } from './gateway/gateway.machine.js';
export type { GatewayContext, GatewayEmitted, GatewayEvent, GatewayInput } from './gateway/gateway.setup.js';
export { webhookMachine } from './webhook/webhook.machine.js';
export type { WebhookContext, WebhookEvent } from './webhook/webhook.setup.js';

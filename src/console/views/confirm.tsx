import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../live/api.js';
import { Store, useStore } from '../live/store.js';
import { type Texts, useTexts } from '../texts/index.js';

/** Something that is done only once a person has said yes. */
type Question = {
  readonly ask: string;
  readonly verb: string;
  readonly isGrave: boolean;
  /** What is to be said about how it went. */
  readonly act: () => Promise<string>;
};

const question = new Store<Question | null>(null);
const told = new Store<string>('');

const failureText = (error: unknown, { actions }: Texts): string =>
  actions.failed(
    error instanceof ApiError && error.code === 'readOnly' ? actions.readOnly : String((error as Error).message),
  );

/** A button that asks first. */
export const Act = ({
  verb,
  ask,
  act,
  isGrave = false,
  disabled = false,
}: {
  verb: string;
  ask: string;
  act: () => Promise<string>;
  isGrave?: boolean;
  disabled?: boolean;
}) => (
  <button
    type="button"
    className={isGrave ? 'grave' : ''}
    disabled={disabled}
    onClick={() => question.set({ ask, verb, isGrave, act })}
  >
    {verb}
  </button>
);

const Question = ({ ask, verb, isGrave, act }: Question) => {
  const texts = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => question.set(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      told.set(`${verb}: ${await act()}`);
    } catch (error) {
      told.set(`${verb}: ${failureText(error, texts)}`);
    }
    close();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="question">
      <p id="question">{ask}</p>
      <div className="buttons">
        <button type="button" onClick={close}>
          {texts.actions.cancel}
        </button>
        <button type="button" className={isGrave ? 'grave' : 'primary'} disabled={isBusy} onClick={() => void go()}>
          {verb}
        </button>
      </div>
    </dialog>
  );
};

const SHOWN_MS = 6_000;

/** Where questions are asked, and what came of them is said. */
export const Questions = () => {
  const open = useStore(question);
  const text = useStore(told);
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => told.set(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <>
      {open && <Question {...open} />}
      <div className="toast" role="status" data-shown={text !== ''}>
        {text}
      </div>
    </>
  );
};

import { useCallback, useEffect, useState } from 'react';
import { api, type PairingView } from '../live/api.js';
import { shortName } from '../model/format.js';
import { useTexts } from '../texts/index.js';
import { Act } from './confirm.js';
import { Badge, Panel } from './parts.js';

const LOOK_MS = 5_000;

/** Who asks to be let in; whoever holds the code of one is let in by it. */
export const Pairing = ({ isReadOnly }: { isReadOnly: boolean }) => {
  const { pairing: words, actions } = useTexts();
  const [view, setView] = useState<PairingView | null>(null);
  const [code, setCode] = useState('');
  const look = useCallback(() => {
    api.pairing().then(setView, () => setView(null));
  }, []);
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [look]);
  if (!view) return null;
  return (
    <Panel title={words.title}>
      {view.requests.length === 0 && <p className="soft">{words.none}</p>}
      <ul className="plain">
        {view.requests.slice(0, 20).map(({ channel, user, name, state }) => (
          <li key={`${channel} ${user}`}>
            <code className="clip">{name ?? shortName(user)}</code> <span className="soft">{channel}</span>{' '}
            {state === 'locked' && <Badge tone="warn">{words.locked}</Badge>}
          </li>
        ))}
      </ul>
      <div className="buttons">
        <input
          value={code}
          onChange={({ target }) => setCode(target.value.trim())}
          placeholder={words.code}
          aria-label={words.code}
          autoComplete="off"
          size={12}
        />
        <Act
          verb={actions.approve}
          ask={actions.approveAsk(code)}
          disabled={isReadOnly || code === ''}
          act={async () => {
            const { approved } = await api.approve(code);
            setCode('');
            look();
            return `${approved.name ?? approved.user}: ${actions.done}`;
          }}
        />
      </div>
    </Panel>
  );
};

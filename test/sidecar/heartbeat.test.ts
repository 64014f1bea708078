import { afterEach, describe, expect, it } from 'vitest';
import { SidecarRig } from './sidecar-rig.js';

const open: SidecarRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

describe.each(['websocket', 'sse'] as const)('over %s, a connection', (binding) => {
  it('is kept by pongs, however they come, and closed without them', async () => {
    const rig = await SidecarRig.start({ binding });
    open.push(rig);
    const kind = rig.dialIn();
    kind.hello();
    await rig.until(kind.next('hello.ok'));
    await rig.wait(300_000);
    expect(kind.closeCode).toBeNull();
    expect(kind.all('ping')).toHaveLength(20);
    // From now on it says nothing.
    kind.say = () => undefined;
    await rig.wait(46_000);
    expect(kind.all('bye')).toMatchObject([{ reason: 'refresh', reconnectAfterMs: 0 }]);
    expect(kind.closeCode).not.toBeNull();
  });
});

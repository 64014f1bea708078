import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { newDir } from './store-dirs.js';

const run = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** A small file system in memory, until the test is over; null where this user may not mount. */
export const mountSmall = (bytes: number): string | null => {
  const dir = newDir();
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'none', dir)) return null;
  onTestFinished(() => unmount(dir));
  return dir;
};

const unmount = (dir: string): void => {
  if (!run('umount', dir)) throw new Error(`something still holds ${dir}`);
};

/** `cut` loses everything that was not synced, as when the power goes. */
export type Cuttable = { readonly dir: string; cut(): void; mountAgain(): void };

/** EXT4_IOC_SHUTDOWN with NOLOGFLUSH. Source: linux fs/ext4/ext4.h */
const CUT = 'open(F, "<", $ARGV[0]) or die; my $flags = pack("L", 2); ioctl(F, 0x8004587d, $flags) or die;';

/** An ext4 that can be cut, until the test is over; null where this user, or this kernel, cannot. */
export const mountCuttable = (megabytes: number): Cuttable | null => {
  const home = newDir();
  const [image, dir] = [join(home, 'disk'), join(home, 'mount')];
  mkdirSync(dir);
  writeFileSync(image, '');
  const mount = (): boolean => run('mount', '-o', 'loop', image, dir);
  const isMounted = run('truncate', '-s', `${megabytes}M`, image) && run('mkfs.ext4', '-q', '-F', image) && mount();
  if (!isMounted) return null;
  const mountAgain = (): void => {
    unmount(dir);
    if (!mount()) throw new Error(`${image} cannot be mounted again`);
  };
  const cut = (): boolean => run('perl', '-e', CUT, dir);
  onTestFinished(() => unmount(dir));
  if (!cut()) return null;
  mountAgain();
  return { dir, cut, mountAgain };
};

/** A file system that cannot be written, until the test is over; null where this user may not mount. */
export const mountReadOnly = (): string | null => {
  const dir = newDir();
  if (!run('mount', '-t', 'tmpfs', '-o', 'ro', 'none', dir)) return null;
  onTestFinished(() => unmount(dir));
  return dir;
};

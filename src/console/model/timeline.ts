import type {
  ActorFrame,
  ActorKey,
  Frame,
  HistoryFrame,
  LostFrame,
  SnapshotView,
  StepFrame,
} from '../../debug/inspect-frames.js';

/** Frames of one actor that the page keeps. */
const FRAMES_MAX = 2_000;

const isHistory = (frame: Frame): frame is HistoryFrame =>
  frame.type === '@xstate.snapshot' || frame.type === 'rookery.fact' || frame.type === 'rookery.traffic';

/**
 * What the page knows of one actor's past.
 * Shape: frames in order of their numbers; `lost` are those that were never told, or have left the page's memory.
 */
export type Timeline = {
  readonly key: ActorKey;
  readonly actor: ActorFrame | null;
  readonly frames: readonly HistoryFrame[];
  readonly lost: number;
};

export const emptyTimeline = (key: ActorKey): Timeline => ({ key, actor: null, frames: [], lost: 0 });

/** The timeline after more was told. Shape: frames that are known, of other actors, or of other kinds change nothing. */
export const extended = (timeline: Timeline, told: readonly Frame[]): Timeline => {
  const own = told.filter(
    (frame): frame is ActorFrame | LostFrame | HistoryFrame => 'actor' in frame && frame.actor === timeline.key,
  );
  if (own.length === 0) return timeline;
  let { actor, lost } = timeline;
  const frames = [...timeline.frames];
  for (const frame of own) {
    if (frame.type === '@xstate.actor') actor = frame;
    else if (frame.type === 'rookery.lost') lost += frame.count;
    else if (isHistory(frame)) {
      const last = frames[frames.length - 1];
      // A router that was started anew counts from one again.
      if (last && frame.n <= last.n && frame.atMs > last.atMs) frames.length = 0;
      if (frame.n > (frames[frames.length - 1]?.n ?? 0)) frames.push(frame);
    }
  }
  const excess = Math.max(0, frames.length - FRAMES_MAX);
  return { key: timeline.key, actor, frames: frames.slice(excess), lost: lost + excess };
};

/** The step that decides how the chart stands at this index: the last one up to it. */
export const stepAt = (frames: readonly HistoryFrame[], index: number): StepFrame | null => {
  for (let at = Math.min(index, frames.length - 1); at >= 0; at -= 1) {
    const frame = frames[at];
    if (frame?.type === '@xstate.snapshot') return frame;
  }
  return null;
};

/** How the chart stood at this index. Shape: null where that was forgotten. */
export const snapshotAt = ({ frames, actor }: Timeline, index: number): SnapshotView | null =>
  stepAt(frames, index)?.snapshot ?? actor?.snapshot ?? null;

/** The last step up to this index that took one of these edges: what happened since has moved nothing. */
export const moveAt = (
  frames: readonly HistoryFrame[],
  index: number,
  moves: ReadonlySet<string>,
): StepFrame | null => {
  for (let at = Math.min(index, frames.length - 1); at >= 0; at -= 1) {
    const frame = frames[at];
    if (frame?.type === '@xstate.snapshot' && frame.transitions.some((id) => moves.has(id))) return frame;
  }
  return null;
};

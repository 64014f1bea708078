import { RouterError } from '../../../errors/router-error.js';
import type { Database } from './driver.js';

/** Written into the file's header, so that another program's database is not taken for a store. */
export const APPLICATION_ID = 0x526f_6f6b;

/**
 * `inbox.n` is the bot's number and the event's place among the bot's events in one integer (see `placeOf`), so that a
 * bot's events lie together in order of arrival without an index of their own. A settled event stays without its message,
 * as the memory of its id. `tally` is kept by triggers: counting a million rows would hold everybody up.
 */
const VERSION_1 = `
create table bot(bot integer primary key, app text not null unique, epoch integer not null) strict;

create table inbox(
  n integer primary key, bot integer not null, id text not null, at integer not null,
  status integer not null default 0,                       -- 0 unsettled 1 settled 2 dead
  attempts integer not null default 0, message text, why text, dead_at integer,
  unique(bot, id)) strict;
create index inbox_unsettled on inbox(n) where status = 0;
create index inbox_dead on inbox(dead_at) where status = 2;

create table session(
  bot integer not null, shard integer not null, session_id text not null, seq integer not null, at integer not null,
  primary key(bot, shard)) strict, without rowid;

create table outbox(
  n integer primary key, bot integer not null, key text not null, at integer not null,
  entry text, outcome text,                                -- one of the two: what is to be sent, what became of it
  unique(bot, key)) strict;
create index outbox_unsettled on outbox(bot, n) where outcome is null;
create index outbox_settled on outbox(at) where outcome is not null;

create table anchor(
  bot integer not null, id text not null, used integer not null, at integer not null,
  primary key(bot, id)) strict, without rowid;
create index anchor_at on anchor(at);

create table receipt(n integer primary key, turn text not null unique, at integer not null, receipt text not null) strict;

create table conversation(
  n integer primary key, id text not null unique, scene text not null, epoch integer not null, at integer not null,
  last_text text not null) strict;
create index conversation_at on conversation(at, n);
create table transcript(n integer primary key, record text not null) strict;
create trigger conversation_gone after delete on conversation begin delete from transcript where n = old.n; end;

create table tally(k text primary key, n integer not null) strict, without rowid;
insert into tally values ('unsettled', 0), ('dead', 0), ('outbox', 0), ('sent', 0), ('anchor', 0), ('receipt', 0),
  ('conversation', 0);
create trigger inbox_tally_new after insert on inbox begin
  update tally set n = n + 1 where k = 'unsettled'; end;
create trigger inbox_tally after update of status on inbox when old.status <> new.status begin
  update tally set n = n + (new.status = 0) - (old.status = 0) where k = 'unsettled';
  update tally set n = n + (new.status = 2) - (old.status = 2) where k = 'dead' and 2 in (old.status, new.status); end;
create trigger outbox_tally_new after insert on outbox begin
  update tally set n = n + 1 where k = 'outbox'; end;
create trigger outbox_tally after update of outcome on outbox when old.outcome is null begin
  update tally set n = n - 1 where k = 'outbox'; update tally set n = n + 1 where k = 'sent'; end;
create trigger outbox_tally_gone after delete on outbox begin
  update tally set n = n - 1 where k = 'sent'; end;
create trigger anchor_tally_new after insert on anchor begin update tally set n = n + 1 where k = 'anchor'; end;
create trigger anchor_tally_gone after delete on anchor begin update tally set n = n - 1 where k = 'anchor'; end;
create trigger receipt_tally_new after insert on receipt begin update tally set n = n + 1 where k = 'receipt'; end;
create trigger receipt_tally_gone after delete on receipt begin update tally set n = n - 1 where k = 'receipt'; end;
create trigger conversation_tally_new after insert on conversation begin
  update tally set n = n + 1 where k = 'conversation'; end;
create trigger conversation_tally_gone after delete on conversation begin
  update tally set n = n - 1 where k = 'conversation'; end;
`;

/** Who is known at a bot's door, and what was decided there; `peer` and `decision` are JSON. */
const ACCESS = `
create table peer(
  bot integer not null, user text not null, peer text not null,
  primary key(bot, user)) strict, without rowid;
create table access_trail(
  n integer primary key, bot integer not null, decision text not null) strict;
create index access_trail_bot on access_trail(bot, n);
`;

/** `frame.agent` is `agent.n`; an agent that goes takes its frames along. */
const AGENT_FRAMES = `
create table agent(
  n integer primary key, sid text not null unique, at integer not null, acked integer not null default 0,
  head integer not null default 0, profile text not null) strict;
create index agent_at on agent(at);
create table frame(
  agent integer not null, seq integer not null, at integer not null, frame text not null,
  primary key(agent, seq)) strict, without rowid;
create index frame_at on frame(at);
create trigger agent_gone after delete on agent begin delete from frame where agent = old.n; end;
`;

/** What became of what was said under a key; `report` is JSON. */
const REPORTS = `
create table report(
  n integer primary key, bot integer not null, key text not null, at integer not null, report text not null,
  unique(bot, key)) strict;
create index report_at on report(at);
insert into tally values ('report', 0);
create trigger report_tally_new after insert on report begin update tally set n = n + 1 where k = 'report'; end;
create trigger report_tally_gone after delete on report begin update tally set n = n - 1 where k = 'report'; end;
`;

/** What was under way when a life ended, see `Claims`. */
const CLAIMS = `
create table claim(
  life integer not null, bot integer not null, id text not null,
  primary key(bot, id, life)) strict, without rowid;
create index claim_life on claim(life);
create trigger claim_over after update of status on inbox when old.status = 0 and new.status <> 0 begin
  delete from claim where bot = old.bot and id = old.id; end;
`;

/** Turns an agent holds: it may have acknowledged the frame that gave it one. */
const AGENT_TURNS = `
create table agent_turn(
  agent integer not null, wire text not null, epoch integer not null,
  primary key(agent, wire)) strict, without rowid;
create trigger agent_turns_gone after delete on agent begin delete from agent_turn where agent = old.n; end;
`;

/**
 * Messages that wait for a review; `review` is JSON. Whom a bot may reach: what of the inbox may be answered (`peer` is
 * null where nothing may), what went out without an anchor, and who refuses that until `at`.
 */
const REVIEWS_AND_REACH = `
create table review(
  n integer primary key, bot integer not null, audit text not null, at integer not null, review text not null,
  unique(bot, audit)) strict;
create index review_at on review(at);

alter table inbox add column peer text;
alter table inbox add column said integer;
create table active(
  n integer primary key, bot integer not null, key text not null, at integer not null, peer text not null, guild text,
  unique(bot, key)) strict;
create index active_at on active(at);
create table refusal(
  n integer primary key, bot integer not null, peer text not null, at integer not null, heard integer not null,
  unique(bot, peer)) strict;
create index refusal_at on refusal(at);

insert into tally values ('review', 0), ('active', 0), ('refusal', 0);
create trigger review_tally_new after insert on review begin update tally set n = n + 1 where k = 'review'; end;
create trigger review_tally_gone after delete on review begin update tally set n = n - 1 where k = 'review'; end;
create trigger active_tally_new after insert on active begin update tally set n = n + 1 where k = 'active'; end;
create trigger active_tally_gone after delete on active begin update tally set n = n - 1 where k = 'active'; end;
create trigger refusal_tally_new after insert on refusal begin update tally set n = n + 1 where k = 'refusal'; end;
create trigger refusal_tally_gone after delete on refusal begin update tally set n = n - 1 where k = 'refusal'; end;
`;

/** Each takes a store from the version of its place to the next. One that was released is never edited. */
export const MIGRATIONS: readonly string[] = [
  VERSION_1,
  ACCESS,
  AGENT_FRAMES,
  REPORTS,
  CLAIMS,
  AGENT_TURNS,
  REVIEWS_AND_REACH,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings a file to the newest version, each step in a transaction of its own: a crash leaves a version, never a mixture.
 * Shape: gives the version it found; 0 for a new file.
 * Errors: `store.tooNew`, `store.corrupt` for a database that is not a store.
 */
export const migrate = (db: Database, file: string, migrations: readonly string[] = MIGRATIONS): number => {
  const found = Number(db.pragma('user_version'));
  const tables = Number(db.prepare('select count(*) as n from sqlite_schema').get<{ n: number }>()?.n);
  const isOurs = Number(db.pragma('application_id')) === APPLICATION_ID;
  if (!isOurs && (found > 0 || tables > 0)) {
    throw new RouterError('store.corrupt', `${file} is a database, but not a store of this router`);
  }
  if (found > migrations.length) {
    throw new RouterError('store.tooNew', `${file} has version ${found}; this router knows ${migrations.length}`);
  }
  migrations.slice(found).forEach((sql, index) => {
    db.exec('begin immediate');
    try {
      db.exec(sql);
      db.exec(`pragma application_id = ${APPLICATION_ID}`);
      db.exec(`pragma user_version = ${found + index + 1}`);
      db.exec('commit');
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  });
  return found;
};

-- The first schema: one fact log, three kinds of snapshot (case, handler, conversation), and the tables of work
-- that is asked for in the same transaction as the facts (effects, timers, inbox, outbox, codes).

create table instance (
  "only" boolean primary key default true check ("only"),
  mode text not null check (mode in ('evaluation', 'production')),
  created_at timestamptz not null default now()
);

create table project (
  id text primary key,
  version integer not null,
  policy jsonb not null
);

-- What the registration authority knows of every certificate it has issued.
create table certificate (
  id uuid primary key,
  project_id text not null references project (id),
  serial text not null,
  sha256 text not null unique,
  der bytea not null,
  unit text not null,
  uscc text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  status text not null check (status in ('good', 'suspended', 'revoked')),
  contact_mobile_index text not null,
  contact_mobile_sealed bytea not null,
  replaces_id uuid references certificate (id)
);
create index certificate_by_uscc on certificate (uscc);
create index certificate_by_serial on certificate (serial);
create index certificate_by_contact on certificate (contact_mobile_index);
create index certificate_by_end on certificate (not_after);

create table handler (
  id uuid primary key,
  mobile_index text not null unique,
  mobile_sealed bytea not null,
  version integer not null,
  evolve integer not null,
  tip bytea not null,
  state jsonb not null
);

create table renewal_case (
  id uuid primary key,
  certificate_id uuid not null references certificate (id),
  handler_id uuid not null references handler (id),
  version integer not null,
  evolve integer not null,
  tip bytea not null,
  state jsonb not null,
  live boolean not null,
  opened_at timestamptz not null,
  changed_at timestamptz not null
);
create unique index one_live_case_per_certificate on renewal_case (certificate_id) where live;
create index case_by_handler on renewal_case (handler_id);

create table conversation (
  id uuid primary key,
  channel text not null,
  visitor text not null,
  owner text not null,
  version integer not null,
  state jsonb not null,
  handler_id uuid references handler (id),
  case_id uuid references renewal_case (id),
  last_seq bigint not null default 0,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  unique (channel, visitor)
);
create index conversation_by_case on conversation (case_id) where case_id is not null;
create index conversation_by_handler on conversation (handler_id) where handler_id is not null;

create table fact (
  thing text not null check (thing in ('case', 'handler')),
  thing_id uuid not null,
  seq integer not null,
  type text not null,
  body jsonb not null,
  at timestamptz not null,
  command_id text not null,
  prev_hash bytea not null,
  primary key (thing_id, seq)
);

create function refuse_change() returns trigger language plpgsql as $$
begin raise exception '% is append-only', tg_table_name; end $$;
create trigger fact_is_append_only before update or delete on fact for each row execute function refuse_change();

-- The same command id gives the same answer, also later.
create table command_answer (
  id text primary key,
  answer jsonb not null,
  at timestamptz not null
);

create table effect (
  key text primary key,
  type text not null,
  case_id uuid,
  body jsonb not null,
  state text not null check (state in ('wanted', 'sent', 'unknown', 'done', 'failed')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  leased_until timestamptz,
  problem text,
  created_at timestamptz not null,
  settled_at timestamptz
);
create index effect_open on effect (next_at) where state in ('wanted', 'sent', 'unknown');
create index effect_by_case on effect (case_id);

create table timer (
  key text primary key,
  thing_id uuid not null,
  due_at timestamptz not null,
  leased_until timestamptz,
  fired_at timestamptz
);
create index timer_open on timer (due_at) where fired_at is null;

-- body_sealed: what arrived, readable only with the master key; shown: the masked form that transcripts show;
-- address_index: keyed hash of the network address it came from, for limits.
create table inbox (
  id uuid primary key,
  channel text not null,
  message_id text not null,
  conversation_id uuid not null references conversation (id),
  kind text not null,
  seq bigint,
  body_sealed bytea,
  shown jsonb,
  address_index text,
  received_at timestamptz not null,
  leased_until timestamptz,
  attempts integer not null default 0,
  done_at timestamptz,
  unique (channel, message_id)
);
create index inbox_open on inbox (conversation_id, received_at) where done_at is null;
create index inbox_talk on inbox (conversation_id, seq) where seq is not null;

create table outbox (
  conversation_id uuid not null references conversation (id),
  seq bigint not null,
  bubble jsonb not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (conversation_id, seq)
);

-- SMS codes and link codes: kept as a keyed hash; `sealed` lets the customer's own view show a link code again, and
-- the SMS be sent.
create table code (
  id uuid primary key,
  purpose text not null check (purpose in ('sign-in', 'link')),
  conversation_id uuid not null references conversation (id),
  case_id uuid,
  mobile_index text,
  address_index text,
  hash bytea not null,
  sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  tries_left integer not null,
  tried_by text[] not null default '{}',
  used_at timestamptz,
  used_by text,
  voided_at timestamptz
);
create index code_by_mobile on code (mobile_index, created_at) where mobile_index is not null;
create index code_by_address on code (address_index, created_at) where address_index is not null;
create index code_link_hash on code (hash) where purpose = 'link';
create index code_by_conversation on code (conversation_id, created_at);
create index code_by_case on code (case_id, created_at) where case_id is not null;

-- One row a question of 先查能不能办, for the limit of a visitor's address.
create table query_asked (
  message_id text primary key,
  address_index text not null,
  at timestamptz not null
);
create index query_by_address on query_asked (address_index, at);

-- One customer's computer joined to one case.
create table bridge_link (
  id uuid primary key,
  case_id uuid not null references renewal_case (id),
  code_id uuid not null references code (id),
  state text not null check (state in ('asking', 'linked', 'refused', 'closed')),
  device_public_key bytea not null,
  computer jsonb not null,
  match_sealed bytea not null,
  asked_at timestamptz not null,
  joined_at timestamptz,
  expires_at timestamptz not null,
  seen_at timestamptz not null,
  last_seq bigint not null default 0,
  closed_at timestamptz,
  closed_why text
);
create unique index one_live_link_per_case on bridge_link (case_id) where state = 'linked';
create index link_by_case on bridge_link (case_id, asked_at);

create table audit (
  id bigserial primary key,
  at timestamptz not null,
  actor text not null,
  act text not null,
  subject text not null,
  case_id uuid,
  detail jsonb not null
);
create trigger audit_is_append_only before update or delete on audit for each row execute function refuse_change();

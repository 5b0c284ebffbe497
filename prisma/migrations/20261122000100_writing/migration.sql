-- What one change writes, all of it or nothing, in one round trip (server/change.ts builds `change`).
--
-- Raises XQ001 when something was changed since it was read, XQ002 when this command was carried out already.
-- Returns the conversations that have a message to look at now.
create function commit_change(change jsonb) returns jsonb language plpgsql as $$
declare
  at_time timestamptz := to_timestamp((change ->> 'at')::float8 / 1000);
  answered jsonb := change -> 'answered';
  the_case jsonb := change -> 'case';
  the_handler jsonb := change -> 'handler';
  talk jsonb := change -> 'conversation';
  look_again jsonb := change -> 'lookAgain';
  last bigint;
  woken jsonb := '[]';
begin
  if answered is not null then
    insert into command_answer (id, answer, at)
    values (answered ->> 'commandId', answered -> 'answer', at_time) on conflict do nothing;
    if not found then raise exception 'answered' using errcode = 'XQ002'; end if;
  end if;

  if change ? 'inboxId' then
    update inbox set done_at = at_time, leased_until = null
    where id = (change ->> 'inboxId')::uuid and done_at is null;
    if not found then raise exception 'answered' using errcode = 'XQ002'; end if;
  end if;

  if the_handler is not null then
    if (the_handler ->> 'readVersion')::int = 0 then
      insert into handler (id, mobile_index, mobile_sealed, version, evolve, tip, state)
      values ((the_handler ->> 'id')::uuid, the_handler ->> 'mobileIndex', decode(the_handler ->> 'mobileSealed', 'hex'),
        (the_handler ->> 'version')::int, (the_handler ->> 'evolve')::int, decode(the_handler ->> 'tip', 'hex'),
        the_handler -> 'state');
    else
      update handler set version = (the_handler ->> 'version')::int, evolve = (the_handler ->> 'evolve')::int,
        tip = decode(the_handler ->> 'tip', 'hex'), state = the_handler -> 'state'
      where id = (the_handler ->> 'id')::uuid and version = (the_handler ->> 'readVersion')::int;
      if not found then raise exception 'handler changed' using errcode = 'XQ001'; end if;
    end if;
  end if;

  if the_case is not null then
    if (the_case ->> 'readVersion')::int = 0 then
      insert into renewal_case
        (id, certificate_id, handler_id, version, evolve, tip, state, live, opened_at, changed_at)
      values ((the_case ->> 'id')::uuid, (the_case ->> 'certificateId')::uuid, (the_case ->> 'handlerId')::uuid,
        (the_case ->> 'version')::int, (the_case ->> 'evolve')::int, decode(the_case ->> 'tip', 'hex'),
        the_case -> 'state', (the_case ->> 'live')::boolean, at_time, at_time);
    else
      update renewal_case set version = (the_case ->> 'version')::int, evolve = (the_case ->> 'evolve')::int,
        tip = decode(the_case ->> 'tip', 'hex'), state = the_case -> 'state',
        live = (the_case ->> 'live')::boolean, changed_at = at_time
      where id = (the_case ->> 'id')::uuid and version = (the_case ->> 'readVersion')::int;
      if not found then raise exception 'case changed' using errcode = 'XQ001'; end if;
    end if;
  end if;

  -- the row stays locked until the commit: numbers of a conversation become visible in their order
  if talk is not null then
    update conversation set version = version + 1, state = talk -> 'state', owner = talk ->> 'owner',
      handler_id = (talk ->> 'handlerId')::uuid, case_id = (talk ->> 'caseId')::uuid,
      last_seq = last_seq + jsonb_array_length(talk -> 'says'), changed_at = at_time
    where id = (talk ->> 'id')::uuid and version = (talk ->> 'readVersion')::int
    returning last_seq into last;
    if not found then raise exception 'conversation changed' using errcode = 'XQ001'; end if;
    insert into outbox (conversation_id, seq, bubble, created_at)
    select (talk ->> 'id')::uuid, last - jsonb_array_length(talk -> 'says') + said.place, said.bubble, at_time
    from jsonb_array_elements(talk -> 'says') with ordinality as said (bubble, place);
  end if;

  if change ? 'facts' then
    insert into fact (thing, thing_id, seq, type, body, at, command_id, prev_hash)
    select f.thing, f."thingId", f.seq, f.body ->> 'type', f.body, at_time, change ->> 'commandId',
      decode(f."prevHash", 'hex')
    from jsonb_to_recordset(change -> 'facts') as f (thing text, "thingId" uuid, seq int, body jsonb, "prevHash" text);
  end if;

  if change ? 'effects' then
    insert into effect (key, type, case_id, body, state, next_at, created_at)
    select e.key, e.type, e."caseId", e.body, 'wanted', at_time, at_time
    from jsonb_to_recordset(change -> 'effects') as e (key text, type text, "caseId" uuid, body jsonb)
    on conflict (key) do nothing;
  end if;

  if change ? 'timers' then
    insert into timer (key, thing_id, due_at)
    select t.key, (the_case ->> 'id')::uuid, to_timestamp(t."dueAt" / 1000)
    from jsonb_to_recordset(change -> 'timers') as t (key text, "dueAt" float8)
    on conflict (key) do nothing;
  end if;

  if change ? 'effectKey' then
    update effect set state = change ->> 'effectState', problem = change ->> 'effectProblem', settled_at = at_time,
      leased_until = null
    where key = change ->> 'effectKey' and state in ('wanted', 'sent', 'unknown');
  end if;

  -- a new link code ends the others of its case
  if change ? 'linkCode' then
    update code set voided_at = at_time
    where case_id = (change #>> '{linkCode,caseId}')::uuid and purpose = 'link' and used_at is null
      and voided_at is null;
    insert into code (id, purpose, conversation_id, case_id, hash, sealed, created_at, expires_at, tries_left)
    select c.id, 'link', (talk ->> 'id')::uuid, c."caseId", decode(c.hash, 'hex'), decode(c.sealed, 'hex'), at_time,
      to_timestamp(c."expiresAt" / 1000), 1
    from jsonb_to_record(change -> 'linkCode')
      as c (id uuid, "caseId" uuid, hash text, sealed text, "expiresAt" float8);
  end if;

  if change ? 'audit' then
    insert into audit (at, actor, act, subject, case_id, detail)
    select at_time, change ->> 'actor', a.act, a.subject, a."caseId", a.detail
    from jsonb_to_recordset(change -> 'audit') as a (act text, subject text, "caseId" uuid, detail jsonb);
  end if;

  -- who looks at the case and did not change it looks again; `self` is a conversation that wants another turn
  if look_again is not null then
    with asked as (
      insert into inbox (id, channel, message_id, conversation_id, kind, received_at)
      select gen_random_uuid(), c.channel, 'look-again/' || c.id || '/' || (look_again ->> 'because'), c.id,
        'look-again', at_time
      from conversation c
      where c.owner = 'bot' and (
        c.id = (look_again ->> 'self')::uuid
        or c.case_id = (look_again ->> 'caseId')::uuid and c.id is distinct from (talk ->> 'id')::uuid
      )
      on conflict (channel, message_id) do nothing
      returning conversation_id
    )
    select coalesce(jsonb_agg(conversation_id), '[]') into woken from asked;
  end if;

  return woken;
end $$;

-- A message that arrived: stored once per channel and message id, with the next number of its conversation when it is
-- shown in the transcript. Returns the conversation.
create function accept_message(
  new_id uuid, new_channel text, new_visitor text, new_message_id text, new_kind text, body bytea, shown_as jsonb,
  address text, first_talk jsonb, at_time timestamptz
) returns uuid language plpgsql as $$
declare
  the_conversation uuid;
  fresh_conversation uuid := gen_random_uuid();
  place bigint;
begin
  select id into the_conversation from conversation where channel = new_channel and visitor = new_visitor;
  if not found then
    insert into conversation (id, channel, visitor, owner, version, state, created_at, changed_at)
    values (fresh_conversation, new_channel, new_visitor, 'bot', 1,
      first_talk || jsonb_build_object('id', fresh_conversation, 'channel', new_channel), at_time, at_time)
    on conflict (channel, visitor) do nothing;
    select id into the_conversation from conversation where channel = new_channel and visitor = new_visitor;
  end if;

  if exists (select from inbox where channel = new_channel and message_id = new_message_id) then
    return the_conversation;
  end if;
  if shown_as is not null then
    update conversation set last_seq = last_seq + 1 where id = the_conversation returning last_seq into place;
  end if;
  insert into inbox
    (id, channel, message_id, conversation_id, kind, seq, body_sealed, shown, address_index, received_at)
  values (new_id, new_channel, new_message_id, the_conversation, new_kind, place, body, shown_as, address, at_time)
  on conflict (channel, message_id) do nothing;
  return the_conversation;
end $$;

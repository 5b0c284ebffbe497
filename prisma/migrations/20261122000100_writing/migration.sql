-- What one change writes, all of it or nothing, in one round trip. What nearly every change has comes in parameters of
-- its own; `rest` holds the others (server/change.ts).
--
-- Raises XQ001 when something was changed since it was read, XQ002 when this command was carried out already.
-- Returns the conversations that have a message to look at now.
create function commit_change(
  at_time timestamptz, command text, answer jsonb, inbox_id uuid,
  talk_id uuid, talk_read int, talk_state jsonb, talk_owner text, talk_handler uuid, talk_case uuid, says jsonb[],
  the_case uuid, case_read int, case_evolve int, case_state jsonb, case_tip bytea, case_live boolean,
  facts jsonb[], fact_hashes bytea[],
  effect_keys text[], effect_types text[], effect_bodies jsonb[],
  actor text, audit_acts text[], audit_subjects text[], audit_details jsonb[],
  rest jsonb
) returns uuid[] language plpgsql as $$
declare
  last bigint;
  woken uuid[];
begin
  if answer is not null then
    insert into command_answer values (command, commit_change.answer, at_time) on conflict do nothing;
    if not found then raise exception 'answered' using errcode = 'XQ002'; end if;
  end if;

  if inbox_id is not null then
    update inbox set done_at = at_time, leased_until = null where id = inbox_id and done_at is null;
    if not found then raise exception 'answered' using errcode = 'XQ002'; end if;
  end if;

  if rest is not null then perform commit_rest_before(at_time, command, rest); end if;

  if case_read > 0 then
    update renewal_case set version = case_read + cardinality(facts), evolve = case_evolve, state = case_state,
      tip = case_tip, live = case_live, changed_at = at_time
    where id = the_case and version = case_read;
    if not found then raise exception 'case changed' using errcode = 'XQ001'; end if;
  elsif case_read = 0 then
    insert into renewal_case
      (id, certificate_id, handler_id, version, evolve, tip, state, live, opened_at, changed_at)
    values (the_case, (rest #>> '{opened,certificateId}')::uuid, (rest #>> '{opened,handlerId}')::uuid,
      cardinality(facts), case_evolve, case_tip, case_state, case_live, at_time, at_time);
  end if;
  if case_read is not null then
    insert into fact (thing, thing_id, seq, type, body, at, command_id, prev_hash)
    select 'case', the_case, case_read + f.place, f.body ->> 'type', f.body, at_time, command, f.prev_hash
    from unnest(facts, fact_hashes) with ordinality as f (body, prev_hash, place);
  end if;

  -- the row stays locked until the commit: numbers of a conversation become visible in their order
  if talk_id is not null then
    update conversation set version = talk_read + 1, state = talk_state, owner = talk_owner, handler_id = talk_handler,
      case_id = talk_case, last_seq = last_seq + cardinality(says), changed_at = at_time
    where id = talk_id and version = talk_read
    returning last_seq into last;
    if not found then raise exception 'conversation changed' using errcode = 'XQ001'; end if;
    insert into outbox (conversation_id, seq, bubble, created_at)
    select talk_id, last - cardinality(says) + said.place, said.bubble, at_time
    from unnest(says) with ordinality as said (bubble, place);
  end if;

  if effect_keys is not null then
    insert into effect (key, type, case_id, body, state, next_at, created_at)
    select e.key, e.type, the_case, e.body, 'wanted', at_time, at_time
    from unnest(effect_keys, effect_types, effect_bodies) as e (key, type, body)
    on conflict (key) do nothing;
  end if;

  if audit_acts is not null then
    insert into audit (at, actor, act, subject, case_id, detail)
    select at_time, commit_change.actor, a.act, a.subject, the_case, a.detail
    from unnest(audit_acts, audit_subjects, audit_details) as a (act, subject, detail);
  end if;

  if rest is not null then woken := commit_rest_after(at_time, the_case, talk_id, rest); end if;
  return coalesce(woken, '{}');
end $$;

-- The handler, whom a case may refer to, and the effect that brought the news.
create function commit_rest_before(at_time timestamptz, command text, rest jsonb) returns void language plpgsql as $$
declare
  the_handler jsonb := rest -> 'handler';
begin
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
    insert into fact (thing, thing_id, seq, type, body, at, command_id, prev_hash)
    select 'handler', (the_handler ->> 'id')::uuid, f.seq, f.body ->> 'type', f.body, at_time, command,
      decode(f."prevHash", 'hex')
    from jsonb_to_recordset(the_handler -> 'facts') as f (seq int, body jsonb, "prevHash" text);
  end if;

  if rest ? 'settles' then
    update effect set state = rest #>> '{settles,state}', problem = rest #>> '{settles,problem}', settled_at = at_time,
      leased_until = null
    where key = rest #>> '{settles,effectKey}' and state in ('wanted', 'sent', 'unknown');
  end if;
end $$;

-- Deadlines and a link code of the case, and who is asked to look again.
create function commit_rest_after(at_time timestamptz, the_case uuid, talk_id uuid, rest jsonb)
returns uuid[] language plpgsql as $$
declare
  look_again jsonb := rest -> 'lookAgain';
  woken uuid[];
begin
  insert into timer (key, thing_id, due_at)
  select t.key, the_case, to_timestamp(t."dueAt" / 1000)
  from jsonb_to_recordset(rest -> 'timers') as t (key text, "dueAt" float8)
  on conflict (key) do nothing;

  -- a new link code ends the others of its case
  if rest ? 'linkCode' then
    update code set voided_at = at_time
    where case_id = (rest #>> '{linkCode,caseId}')::uuid and purpose = 'link' and used_at is null
      and voided_at is null;
    insert into code (id, purpose, conversation_id, case_id, hash, sealed, created_at, expires_at, tries_left)
    select c.id, 'link', talk_id, c."caseId", decode(c.hash, 'hex'), decode(c.sealed, 'hex'), at_time,
      to_timestamp(c."expiresAt" / 1000), 1
    from jsonb_to_record(rest -> 'linkCode')
      as c (id uuid, "caseId" uuid, hash text, sealed text, "expiresAt" float8);
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
        or c.case_id = (look_again ->> 'caseId')::uuid and c.id is distinct from talk_id
      )
      on conflict (channel, message_id) do nothing
      returning conversation_id
    )
    select array_agg(conversation_id) into woken from asked;
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

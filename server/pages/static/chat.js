/*
 * The web chat's own script. Without it every button is a form that works; with it messages are sent without leaving
 * the page, appear at once, wait for the network and are sent once (`clientMessageId`). What the bot says comes over
 * the stream (htmx and its sse extension). Words come from the page's <template>s.
 */
(() => {
  const log = document.getElementById('log');
  const main = document.getElementById('main');
  const composer = document.getElementById('composer');
  const strip = document.getElementById('offline');
  const THINKING_AFTER_MS = 1000;
  const SEND_WITHIN_MS = 15_000;

  /** Messages on their way: id → { fields, line }. */
  const unsent = new Map();
  let sending = Promise.resolve();
  let thinking;

  const fromTemplate = (id) => document.getElementById(id).content.cloneNode(true);
  const showLatest = () => (log.lastElementChild ?? log).scrollIntoView({ block: 'end' });

  /** randomUUID exists on https and localhost only. */
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  function send(fields, words) {
    const id = newId();
    fields.set('clientMessageId', id);
    const line = fromTemplate('mine').firstElementChild;
    line.id = `m${id}`;
    line.querySelector('.bubble').textContent = words;
    log.append(line);
    showLatest();
    unsent.set(id, { fields, line });
    deliver(id);
  }

  /** One after the other: the order on the page is the order they arrive in. */
  function deliver(id) {
    sending = sending.then(() => post(id));
  }

  async function post(id) {
    const message = unsent.get(id);
    if (!message) return;
    markSent(message.line);
    expectAnswer();
    try {
      const answer = await fetch('/chat/messages', {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: new URLSearchParams(message.fields),
        signal: AbortSignal.timeout(SEND_WITHIN_MS),
      });
      if (!answer.ok) return markUnsent(id, await answer.json().catch(() => ({})));
      unsent.delete(id);
      // the cookie is gone: the page starts anew
      if (answer.redirected) return location.reload();
    } catch {
      markUnsent(id, {});
    }
  }

  function markSent(line) {
    line.classList.remove('failed');
    for (const extra of line.querySelectorAll('.body > .faint, .body > button')) extra.remove();
  }

  function markUnsent(id, { zh = '', hint = '' }) {
    const { line } = unsent.get(id);
    stopThinking();
    markSent(line);
    line.classList.add('failed');
    const note = fromTemplate('unsent');
    note.querySelector('.faint').textContent = zh + hint;
    note.querySelector('button').addEventListener('click', () => deliver(id));
    line.querySelector('.body').append(note);
    for (const form of document.querySelectorAll('form[inert]')) form.inert = false;
    showLatest();
  }

  function expectAnswer() {
    stopThinking();
    thinking = setTimeout(() => {
      const dots = fromTemplate('thinking').firstElementChild;
      dots.id = 'thinking-now';
      log.append(dots);
      showLatest();
    }, THINKING_AFTER_MS);
  }

  function stopThinking() {
    clearTimeout(thinking);
    document.getElementById('thinking-now')?.remove();
  }

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('form[data-message]')) return;
    event.preventDefault();
    const fields = new FormData(form);
    const button = event.submitter;
    if (button && button.name) fields.set(button.name, button.value);
    if (form === composer) {
      const text = fields.get('text').trim();
      if (text === '') return;
      fields.set('text', text);
      form.reset();
      send(fields, text);
      return;
    }
    // a keyboard goes on in the composer; a finger does not want the keyboard to open
    if (document.activeElement.matches(':focus-visible')) composer.elements.text.focus({ preventScroll: true });
    if (fields.has('questionId')) form.inert = true;
    send(fields, fields.has('text') ? fields.get('text') : button.querySelector('span').textContent);
  });

  function sendPicture(event, files) {
    if (![...files].some((file) => file.type.startsWith('image/'))) return;
    event.preventDefault();
    const fields = new FormData();
    fields.set('kind', 'picture');
    send(fields, document.getElementById('picture').content.textContent);
  }
  document.addEventListener('paste', (event) => sendPicture(event, event.clipboardData.files));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => sendPicture(event, event.dataTransfer.files));

  const lastSeq = () => Math.max(0, ...[...log.querySelectorAll('[data-seq]')].map((line) => Number(line.dataset.seq)));
  htmx.createEventSource = (url) => new EventSource(`${url}?after=${lastSeq()}`);

  log.addEventListener('htmx:sseBeforeMessage', (event) => {
    // the customer's own line comes back first; only the bot's is an answer
    if (event.detail.data.includes('data-template')) stopThinking();
    // the server's own line takes the place of the one shown at once
    for (const line of log.querySelectorAll('.me:not([data-seq])')) {
      if (event.detail.data.includes(`id="${line.id}"`)) line.remove();
    }
  });
  log.addEventListener('htmx:sseMessage', showLatest);

  function online() {
    strip.hidden = true;
    for (const id of unsent.keys()) deliver(id);
  }
  log.addEventListener('htmx:sseOpen', online);
  addEventListener('online', online);
  const offline = () => (strip.hidden = false);
  log.addEventListener('htmx:sseError', offline);
  addEventListener('offline', offline);

  main.dataset.ready = 'yes';
  showLatest();
})();

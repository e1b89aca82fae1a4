// The one client of the service's API, for the page and for whoever embeds it. Needs nothing but `fetch`.
// Every failure becomes an ApiError whose message is a Chinese sentence for the reader; an abort stays what it is.

const SILENCE = 30_000; // ms without a byte, not even a heartbeat
const READY_TRIES = 30;
const LONGEST_WAIT = 30; // s; a service that asks for more patience is taken to be out of order
const MAX_HISTORY = 20;
const MAX_IDS = 50; // of practices in a feedback
const MAX_BODY = 60 * 1024; // bytes; the service takes 64 KiB

const SENTENCES = {
  "blank-text": "先写下问题，再提问。",
  "text-too-long": "问题太长了，最多 2000 字。请只问一件事。",
  "unreadable-text": "问题里有无法识别的字符，请删掉后再试。",
  "body-too-large": "问题太长了，最多 2000 字。请只问一件事。",
  "unknown-filter": "没有这个筛选条件，请重新选择。",
  "unknown-document": "找不到这份文件。",
  "unknown-practice": "找不到这条做法。",
  "not-ready": "服务还没有准备好，请稍后再试。",
};
const OUT_OF_ORDER = "服务出了点问题，请稍后再试。";

export class ApiError extends Error {
  // `problem` is the last part of the problem's type, `status` that of HTTP; empty and 0 when nothing answered.
  constructor(message, { problem = "", status = 0 } = {}) {
    super(message);
    this.problem = problem;
    this.status = status;
  }
}

// What a reader is told of any error; one that is no ApiError is the page's own.
export function messageOf(error) {
  return error instanceof ApiError ? error.message : "页面出了点问题，请刷新后再试。";
}

// Options of every call: `signal` aborts it; `onWait` is called when the service is still starting and is asked again.
export class Client {
  #base;
  #documents = new Map();

  // `base` is the address that the service is at, with a slash at its end.
  constructor(base) {
    this.#base = base;
  }

  // Returns the whole answer. `history` are the questions before, oldest first, as many as the service takes.
  ask(question, { history = [], ...options } = {}) {
    return this.#json("v1/ask", post(question, history, false), options);
  }

  // Yields `{name, data}`: status, then citation and sentence, at the end done. An answer that ends otherwise throws.
  async *askStreamed(question, { history = [], ...options } = {}) {
    const watch = new Watch(options.signal);
    try {
      const response = await this.#answered("v1/ask", post(question, history, true), options, watch);
      if (!isStream(response)) {
        // Something on the way gathers streams; the answer is whole then.
        yield { name: "done", data: await response.json() };
        return;
      }
      for await (const event of eventsOf(response.body, watch)) {
        if (event.name === "error") throw new ApiError(OUT_OF_ORDER, { problem: nameOf(event.data) });
        yield event;
        if (event.name === "done") return;
      }
      throw brokenOff();
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
    }
  }

  search(query, { filters, topK, ...options } = {}) {
    return this.#json("v1/search", json({ query, filters, top_k: topK }), options);
  }

  // `query` holds task, measure, region, document, limit, offset.
  practices(query, options) {
    return this.#json(`v1/practices?${new URLSearchParams(query)}`, {}, options);
  }

  practice(id, options) {
    return this.#json(`v1/practices/${encodeURIComponent(id)}`, {}, options);
  }

  documents(options) {
    return this.#json("v1/documents", {}, options);
  }

  // A document's text does not change while a page is open, so it is fetched once.
  document(id) {
    if (!this.#documents.has(id)) {
      const loading = this.#json(`v1/documents/${encodeURIComponent(id)}`, {});
      this.#documents.set(id, loading);
      loading.catch(() => this.#documents.delete(id));
    }
    return this.#documents.get(id);
  }

  // `verdict` is "up" or "down"; `note` may be empty.
  feedback({ question, history = [], practiceIds = [], verdict, note = "" }, options) {
    const practice_ids = practiceIds.slice(0, MAX_IDS);
    const body = { question, history: fitting(history, question), practice_ids, verdict, note: note || undefined };
    return this.#json("v1/feedback", json(body), options);
  }

  // The address of the page of one practice.
  practicePage(id) {
    return this.#at(`practices/${encodeURIComponent(id)}`);
  }

  #at(path) {
    return new URL(path, this.#base).href;
  }

  async #json(path, request, options = {}) {
    const watch = new Watch(options.signal);
    try {
      return await (await this.#answered(path, request, options, watch)).json();
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
    }
  }

  async #answered(path, request, { onWait = () => {} }, watch) {
    for (let attempt = 1; ; attempt += 1) {
      watch.touch();
      const response = await fetch(this.#at(path), { ...request, signal: watch.signal });
      if (response.ok) return response;
      const problem = nameOf(await response.json().catch(() => null));
      const seconds = Number(response.headers.get("Retry-After"));
      const wait = response.status === 503 && seconds > 0 && seconds <= LONGEST_WAIT && attempt < READY_TRIES;
      if (!wait) throw new ApiError(SENTENCES[problem] ?? OUT_OF_ORDER, { problem, status: response.status });
      onWait();
      await watch.pause(seconds * 1000);
    }
  }
}

// Ends a request that the caller aborts, or that nothing is heard of for too long.
class Watch {
  #controller = new AbortController();
  #caller;
  #timer;
  #abort = () => this.#controller.abort(this.#caller.reason);

  constructor(caller) {
    this.#caller = caller;
    caller?.throwIfAborted();
    caller?.addEventListener("abort", this.#abort);
    this.touch();
  }

  get signal() {
    return this.#controller.signal;
  }

  touch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), SILENCE);
  }

  pause(milliseconds) {
    clearTimeout(this.#timer);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      this.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(this.signal.reason);
      });
    });
  }

  // Says what an error of this request means to a reader.
  explain(error) {
    if (this.#caller?.aborted) return this.#caller.reason;
    if (error instanceof ApiError) return error;
    if (this.signal.aborted) return new ApiError("等了太久没有回音，请稍后再试。", { problem: "silence" });
    if (error instanceof SyntaxError) return brokenOff();
    return new ApiError("连不上服务，请检查网络后再试。", { problem: "unreachable" });
  }

  end() {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#abort);
  }
}

// Reads server-sent events; their data is JSON here.
async function* eventsOf(body, watch) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = newEvent();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      watch.touch();
      // A CR at the end of a piece may be the first half of a CRLF: it waits for the next one.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line) take(event, line);
        else {
          if (event.data.length) yield { name: event.name, data: JSON.parse(event.data.join("\n")) };
          event = newEvent();
        }
      }
    }
  } catch (error) {
    // The connection broke, where the caller or the watch did not end it.
    throw error instanceof TypeError ? brokenOff() : error;
  } finally {
    reader.cancel().catch(() => {});
  }
}

function newEvent() {
  return { name: "message", data: [] };
}

function take(event, line) {
  const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
  if (field === "event") event.name = value;
  else if (field === "data") event.data.push(value);
}

function post(question, history, stream) {
  return json({ question, history: fitting(history, question), stream });
}

function json(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

// The last questions that the service takes, in number and in bytes.
function fitting(history, question) {
  const bytes = (text) => new TextEncoder().encode(JSON.stringify(text)).length + 1;
  let room = MAX_BODY - bytes(question);
  const kept = [];
  for (const earlier of history.slice(-MAX_HISTORY).reverse()) {
    room -= bytes(earlier);
    if (room < 0) break;
    kept.unshift(earlier);
  }
  return kept;
}

function isStream(response) {
  return response.headers.get("Content-Type")?.startsWith("text/event-stream");
}

function nameOf(problem) {
  return String(problem?.type ?? "").split("/").pop();
}

function brokenOff() {
  return new ApiError("连接断了，回答没有传完。", { problem: "broken-off" });
}

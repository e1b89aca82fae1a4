// Talks to the service. Every failure becomes an ApiError whose message is a Chinese sentence for the reader.

const TIMEOUT = 20_000;
const READY_TRIES = 30;

const SENTENCES = {
  "blank-text": "先写下问题，再提问。",
  "text-too-long": "问题太长了，最多 2000 字。请只问一件事。",
  "unreadable-text": "问题里有无法识别的字符，请删掉后再试。",
  "body-too-large": "问题太长了，最多 2000 字。请只问一件事。",
  "unknown-filter": "没有这个筛选条件，请重新选择。",
  "unknown-document": "找不到这份文件。",
  "not-ready": "服务还没有准备好，请稍后再试。",
};

export class ApiError extends Error {
  // The last part of the problem's type, empty when nothing answered.
  constructor(message, problem = "") {
    super(message);
    this.problem = problem;
  }
}

export function ask(question, signal) {
  return request("v1/ask", signal, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question }),
  });
}

export function listPractices(query, signal) {
  return request(`v1/practices?${new URLSearchParams(query)}`, signal);
}

export function listDocuments() {
  return request("v1/documents");
}

const documents = new Map();

export function getDocument(id) {
  if (!documents.has(id)) {
    const loading = request(`v1/documents/${encodeURIComponent(id)}`);
    documents.set(id, loading);
    loading.catch(() => documents.delete(id));
  }
  return documents.get(id);
}

async function request(path, signal = new AbortController().signal, options = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(path, signal, options);
    if (response.ok) return read(response, signal);
    const name = await problemName(response);
    // While it starts, the service says when to come back; without that, waiting is no use.
    const seconds = Number(response.headers.get("Retry-After"));
    if (name !== "not-ready" || !seconds || attempt === READY_TRIES) {
      throw new ApiError(SENTENCES[name] ?? "服务出了点问题，请稍后再试。", name);
    }
    await pause(seconds * 1000, signal);
  }
}

async function send(path, signal, options) {
  const either = new AbortController();
  for (const one of [signal, AbortSignal.timeout(TIMEOUT)]) {
    one.addEventListener("abort", () => either.abort(one.reason), { once: true });
  }
  try {
    return await fetch(path, { ...options, signal: either.signal });
  } catch (error) {
    throw failure(error, signal);
  }
}

async function read(response, signal) {
  try {
    return await response.json();
  } catch (error) {
    throw failure(error, signal);
  }
}

async function problemName(response) {
  try {
    const problem = await response.json();
    return String(problem.type).split("/").pop();
  } catch {
    return "";
  }
}

function failure(error, signal) {
  if (signal.aborted) return signal.reason;
  if (error.name === "TimeoutError") return new ApiError("等了太久没有回音，请稍后再试。");
  return new ApiError("连不上服务，请检查网络后再试。");
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

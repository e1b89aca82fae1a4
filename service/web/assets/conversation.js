// A conversation: its turns, the one that is being answered, what may be asked again. It lives in the element it is given.

import { AnswerView } from "./answer.js";
import { messageOf } from "./client.js";
import { element } from "./dom.js";

export class Conversation {
  #client;
  #thread;
  #links;
  #hooks;
  #turns = [];
  #shown = 0;
  #running = null;

  // `thread` is a list. `hooks`: `announce(text)` reads out, `changed()` follows each start and end of an answer, `edit(
  // question)` takes back a question that the service refused.
  constructor({ client, thread, links, hooks }) {
    this.#client = client;
    this.#thread = thread;
    this.#links = links;
    this.#hooks = hooks;
  }

  get running() {
    return this.#running !== null;
  }

  // How many turns are in sight.
  get length() {
    return this.#shown;
  }

  // What is needed to restore it: each question with its response, null where it was not answered to the end.
  get turns() {
    return this.#turns.map(({ question, response }) => ({ question, response }));
  }

  // Asks as the turn after those in sight, and returns the element of the new turn.
  ask(question) {
    this.showFirst(this.#shown);
    for (const turn of this.#turns.splice(this.#shown)) turn.element.remove();
    const turn = this.#add(question, null);
    this.#run(turn);
    return turn.element;
  }

  stop() {
    this.#running?.controller.abort();
  }

  // Keeps the first `count` turns in sight; the others come back with a larger count.
  showFirst(count) {
    this.#shown = Math.min(count, this.#turns.length);
    this.#turns.forEach((turn, index) => {
      turn.element.hidden = index >= this.#shown;
      if (turn === this.#running?.turn && turn.element.hidden) this.stop();
    });
  }

  restore(turns) {
    this.stop();
    this.#turns = [];
    this.#shown = 0;
    this.#thread.replaceChildren();
    for (const { question, response } of turns) {
      const turn = this.#add(question, response);
      this.#newView(turn);
      if (response) turn.view.finish(response, { aloud: false });
      else turn.view.breakOff("这个问题还没有答完。", { label: "再问一次", act: () => this.#run(turn) });
    }
  }

  #add(question, response) {
    const turn = { question, response, accepted: response !== null, element: element("li", { className: "turn" }) };
    this.#turns.push(turn);
    this.#shown = this.#turns.length;
    this.#thread.append(turn.element);
    return turn;
  }

  #newView(turn) {
    turn.view = new AnswerView({
      links: this.#links,
      announce: this.#hooks.announce,
      sendFeedback: ({ response, ...given }) =>
        this.#client.feedback({
          question: turn.question,
          history: this.#historyOf(turn),
          practiceIds: response.hits.filter((hit) => hit.role !== "related").map((hit) => hit.id),
          ...given,
        }),
    });
    turn.element.replaceChildren(element("h2", { className: "asked" }, turn.question), turn.view.element);
  }

  async #run(turn, { whole = false } = {}) {
    this.stop();
    const controller = new AbortController();
    const mine = (this.#running = { turn, controller });
    this.#newView(turn);
    this.#hooks.changed();
    try {
      await this.#answer(turn, controller.signal, whole);
    } catch (error) {
      this.#explain(turn, error, controller.signal.aborted);
    }
    if (this.#running === mine) this.#running = null;
    this.#hooks.changed();
  }

  async #answer(turn, signal, whole) {
    const { question, view } = turn;
    const onWait = () => view.say("服务正在准备，马上就好……");
    const options = { history: this.#historyOf(turn), signal, onWait };
    if (whole) {
      turn.response = await this.#client.ask(question, options);
      turn.accepted = true;
      view.finish(turn.response);
      return;
    }
    for await (const { name, data } of this.#client.askStreamed(question, options)) {
      turn.accepted = true;
      if (name === "done") turn.response = data;
      view.take(name, turn.response ?? data);
    }
  }

  #explain(turn, error, stopped) {
    const again = (options) => ({ label: "再问一次", act: () => this.#run(turn, options) });
    if (stopped) turn.view.breakOff("已停止。", again(), { failed: false });
    else if (error.status >= 400 && error.status < 500) {
      turn.view.breakOff(error.message, { label: "修改问题", act: () => this.#hooks.edit(turn.question) });
      // What breaks streams on the way lets a whole answer pass.
    } else turn.view.breakOff(messageOf(error), again({ whole: error.problem === "broken-off" }));
  }

  // A question that the service never took would spoil each one that follows.
  #historyOf(turn) {
    const before = this.#turns.slice(0, this.#turns.indexOf(turn));
    return before.filter((earlier) => earlier.accepted).map((earlier) => earlier.question);
  }
}

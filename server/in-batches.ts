/**
 * Questions that are asked at the same time are answered together: one statement for all that came while the one
 * before was on its way. Nobody waits for company.
 */
export class InBatches<Question, Answer> {
  readonly #most: number;
  readonly #answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: Asked<Question, Answer>[] = [];
  readonly #atOnce: number;
  #underWay = 0;

  /**
   * @param limits questions in one batch, and batches that may be on their way together
   * @param answerAll as many answers as questions, in their order
   */
  constructor(
    limits: { readonly most: number; readonly atOnce: number },
    answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {
    this.#most = limits.most;
    this.#atOnce = limits.atOnce;
    this.#answerAll = answerAll;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#underWay < this.#atOnce) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#underWay++;
    // those that end together go on within the same round of events
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#answerAll(batch.map(({ question }) => question));
        for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as Answer);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#underWay--;
  }
}

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

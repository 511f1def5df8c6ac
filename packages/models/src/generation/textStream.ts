/** @file The text of tokens as they come: pieces that later tokens cannot change, up to a stop text. */

/** Decodes a row of tokens piece by piece. */
export class TextStream {
  readonly #decode: (ids: readonly number[]) => string;
  readonly #stops: readonly string[];
  #given = 0;
  #text = "";

  /**
   * @param decode the text of tokens
   * @param stops  texts at which the answer ends; they are not part of it
   */
  constructor(decode: (ids: readonly number[]) => string, stops: readonly string[]) {
    this.#decode = decode;
    this.#stops = stops;
  }

  /** The text so far, without a stop text and what follows it. */
  get text(): string {
    return this.#text;
  }

  /**
   * @param ids all tokens of the row so far
   * @returns the new piece, empty where a character or a stop text may still go on; and whether a stop text was met
   */
  push(ids: readonly number[]): { readonly piece: string; readonly stopped: boolean } {
    const text = this.#decode(ids);
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    const stopped = found.length > 0;
    this.#text = stopped ? text.slice(0, Math.min(...found)) : text;
    return { piece: this.#take(stopped ? this.#text.length : this.#text.length - this.#open(text)), stopped };
  }

  /** What was held back, once no token follows. */
  end(): string {
    return this.#take(this.#text.length);
  }

  #take(until: number): string {
    const piece = this.#text.slice(this.#given, Math.max(this.#given, until));
    this.#given += piece.length;
    return piece;
  }

  /** Characters at the end that a next token may change or make a stop text of. */
  #open(text: string): number {
    let open = /\uFFFD+$/.exec(text)?.[0].length ?? 0;
    for (const stop of this.#stops) {
      for (let n = Math.min(stop.length - 1, text.length); n > open; n--) {
        if (text.endsWith(stop.slice(0, n))) open = n;
      }
    }
    return open;
  }
}

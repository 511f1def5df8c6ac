/** @file Captions by any vision server that speaks OpenAI's chat completions. */
import { setTimeout } from "node:timers/promises";
import { captionFailure, mayPass, meetsAll } from "./captionFailure.ts";
import { parseReply } from "./captionReply.ts";

/** How a server is asked. */
export interface CaptionServerOptions {
  /** Base address, such as "http://localhost:8000/v1"; "/chat/completions" is added. */
  readonly endpoint: string;
  readonly model: string;
  readonly prompt: string;
  /** Sent as a bearer token where it is given. */
  readonly key?: string | undefined;
  /** Seconds until a request counts as failed. */
  readonly timeout: number;
  /** Tries after the first, for failures that may pass: no answer, 408, 429, 5xx, nonsense. */
  readonly retries: number;
  /** Most tokens of a caption. */
  readonly maxTokens: number;
  /** Seconds before the first retry; doubled at each further one, up to a minute. A server's Retry-After wins. */
  readonly backoff: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each failed try. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** A caption and what it took. */
export interface ServerCaption {
  readonly caption: string;
  /** It was at its most tokens, and may end in the middle. */
  readonly cut: boolean;
  /** As the server counts them; 0 where it does not say. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly tries: number;
}

/** Why an image has no caption. `final` failures would meet every image: a wrong key, model or address. */
export class CaptionServerError extends Error {
  readonly final: boolean;

  constructor(message: string, final: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "CaptionServerError";
    this.final = final;
  }
}

/** A minute: longer waits are not worth a connection. */
const longestWait = 60;

/**
 * Asks for the caption of one image.
 * @param image a data URL, such as "data:image/jpeg;base64,..."
 * @param options which server and how patiently
 * @throws CaptionServerError when the tries are used up, or at once where a retry makes no sense
 */
export async function captionByServer(image: string, options: CaptionServerOptions): Promise<ServerCaption> {
  const { retries, backoff, signal, warn } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return { ...(await ask(image, options)), tries: attempt + 1 };
    } catch (cause) {
      signal?.throwIfAborted();
      const failure = captionFailure(cause, options);
      if (!mayPass(failure)) throw new CaptionServerError(failure.text, meetsAll(failure), { cause });
      if (attempt >= retries) {
        throw new CaptionServerError(`${failure.text} (${attempt + 1} tries)`, false, { cause });
      }
      const wait = Math.min(failure.retryAfter ?? backoff * 2 ** attempt, longestWait);
      warn?.(`${failure.text}; try ${attempt + 2} of ${retries + 1} in ${wait.toFixed(1)} s`);
      await setTimeout(wait * 1000, undefined, signal ? { signal } : {});
    }
  }
}

async function ask(image: string, options: CaptionServerOptions): Promise<Omit<ServerCaption, "tries">> {
  const { endpoint, model, prompt, key, timeout, maxTokens, signal } = options;
  const limit = AbortSignal.timeout(timeout * 1000);
  const response = await fetch(`${endpoint.replace(/\/+$/, "")}/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    },
    body: JSON.stringify({
      model,
      max_tokens: maxTokens,
      temperature: 0,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: prompt },
            { type: "image_url", image_url: { url: image } },
          ],
        },
      ],
    }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  return parseReply(response.status, response.headers.get("retry-after"), await response.text());
}

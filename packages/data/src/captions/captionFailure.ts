/** @file Says what went wrong with a caption request, and whether another try may help. */
import { ReplyError } from "./captionReply.ts";

/** A failed request. */
export interface CaptionFailure {
  readonly text: string;
  readonly status: number | undefined;
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
}

/**
 * Names the cause and the way out.
 * @param cause what the request threw
 * @param server named in the message
 */
export function captionFailure(
  cause: unknown,
  server: { readonly endpoint: string; readonly model: string; readonly timeout: number },
): CaptionFailure {
  const { endpoint, model, timeout } = server;
  if (cause instanceof ReplyError) {
    const text = `[captions] ${endpoint} gave ${cause.message}${wayOut(cause.status, model)}`;
    return { text, status: cause.status, retryAfter: cause.retryAfter };
  }
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const what =
    error.name === "TimeoutError"
      ? `gave no answer within ${timeout} s; raise --timeout, or lower --jobs`
      : `cannot be reached: ${error.cause instanceof Error ? error.cause.message : error.message}`;
  return { text: `[captions] ${endpoint} ${what}`, status: undefined, retryAfter: undefined };
}

/** Whether another try of the same request may help. */
export function mayPass({ status }: CaptionFailure): boolean {
  return status === undefined || status < 400 || status >= 500 || [408, 409, 425, 429].includes(status);
}

/** Whether every other request would meet the same: a wrong key, no money, a wrong address or model. */
export function meetsAll({ status }: CaptionFailure): boolean {
  return status !== undefined && [401, 402, 403, 404, 405].includes(status);
}

function wayOut(status: number, model: string): string {
  if (status === 401 || status === 403)
    return "; set the environment variable CANDOR_CAPTION_KEY to a valid key";
  if (status === 404) return `; check --endpoint (it ends before /chat/completions) and --model=${model}`;
  if (status === 429) return "; lower --rate or --jobs";
  if (status >= 400 && status < 500) return `; check whether ${model} takes images`;
  return "";
}

/** @file What a caption server answers: a caption, or what is wrong with the answer. */
import { z } from "zod";
import type { ServerCaption } from "./captionServer.ts";

/** An answer that is no caption. */
export class ReplyError extends Error {
  /** The HTTP status; 200 where the answer's content is at fault. */
  readonly status: number;
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter?: number) {
    super(message);
    this.name = "ReplyError";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const replySchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.union([z.string(), z.array(textPart)]) }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.number().optional(), completion_tokens: z.number().optional() })
    .nullish(),
});

/**
 * Reads the caption out of a chat completion; line breaks and quotes around it are taken off.
 * @param status the HTTP status
 * @param retryAfter the header of that name
 * @param body the answer's text
 * @throws ReplyError that says what came instead
 */
export function parseReply(
  status: number,
  retryAfter: string | null,
  body: string,
): Omit<ServerCaption, "tries"> {
  if (status < 200 || status > 299) {
    throw new ReplyError(`HTTP ${status}${serverMessage(body)}`, status, secondsOf(retryAfter));
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ReplyError(`an answer that is not JSON: ${shortened(body)}`, status);
  }
  const reply = replySchema.safeParse(value);
  if (!reply.success) {
    throw new ReplyError(`an answer without choices[0].message.content: ${shortened(body)}`, status);
  }
  const [choice] = reply.data.choices;
  const content = choice?.message.content ?? "";
  const text = typeof content === "string" ? content : content.map((part) => part.text).join(" ");
  const caption = text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();
  if (caption === "") throw new ReplyError("an empty caption", status);
  const { prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0 } = reply.data.usage ?? {};
  return { caption, cut: choice?.finish_reason === "length", promptTokens, completionTokens };
}

/** The header holds seconds or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

function serverMessage(body: string): string {
  let message: unknown;
  try {
    message = (JSON.parse(body) as { error?: { message?: unknown } }).error?.message;
  } catch {
    message = undefined;
  }
  const text = typeof message === "string" ? message : body;
  return text.trim() === "" ? "" : ` (${shortened(text)})`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 120)}...` : line || "nothing";
}

/** @file Chat templates: how a model wants a conversation written. They are Jinja, rendered by Hugging Face's library. */
import { Template } from "@huggingface/jinja";

/** One turn of a conversation. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Writes a conversation as the text that a model was trained on. */
export type ChatTemplate = (messages: readonly ChatMessage[], options?: ChatOptions) => string;

export interface ChatOptions {
  /** End with what opens the assistant's turn, so that the model answers; default true. */
  addGenerationPrompt?: boolean;
}

/**
 * Parses a template.
 * @param text Jinja
 * @param names what the template may name: `bos_token`, `eos_token` and the like
 * @param source what to call it in an error message
 * @throws Error that names the source if it is no template
 */
export function createChatTemplate(
  text: string,
  names: Readonly<Record<string, string>> = {},
  source = "the chat template",
): ChatTemplate {
  let template: Template;
  try {
    template = new Template(text);
  } catch (error) {
    throw new Error(`[tokenizer] ${source} is no Jinja template: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return (messages, { addGenerationPrompt = true } = {}) => {
    try {
      return template.render({ ...names, messages, add_generation_prompt: addGenerationPrompt });
    } catch (error) {
      throw new Error(`[tokenizer] ${source} refuses these messages: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
}

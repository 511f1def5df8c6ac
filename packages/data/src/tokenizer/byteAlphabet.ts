/** @file GPT-2's printable alphabet of the 256 bytes, and its split of a text into words. */

/** GPT-2's pre-tokenizer: contractions, words and numbers with their leading space, punctuation, spaces. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The character of each byte: printable Latin-1 stands for itself, the other 68 bytes follow from U+0100 on. */
export const byteCharacters: readonly string[] = makeByteCharacters();

/**
 * Splits a text as GPT-2 does and spells each word in {@link byteCharacters}.
 * @param text any text
 * @returns the words; joined, they hold every byte of the text's UTF-8
 */
export function splitWords(text: string): string[] {
  const encoder = new TextEncoder();
  return (text.match(wordPattern) ?? []).map((word) =>
    Array.from(encoder.encode(word), (byte) => byteCharacters[byte]).join(""),
  );
}

function makeByteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}

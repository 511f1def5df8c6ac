/** @file A template tag that escapes by default. */

/** Markup that is inserted as it stands. */
export interface SafeHtml {
  readonly html: string;
}

/** What a template may hold; `null` prints nothing. */
export type HtmlValue = string | number | SafeHtml | null | readonly HtmlValue[];

/** Builds markup; strings are escaped, markup and lists of markup are not. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): SafeHtml {
  return { html: parts.reduce((text, part, index) => text + markup(values[index - 1]!) + part) };
}

/** Declares text to be markup, such as an SVG that was drawn here. */
export function trusted(text: string): SafeHtml {
  return { html: text };
}

function markup(value: HtmlValue): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map(markup).join("");
  if (typeof value === "object") return (value as SafeHtml).html;
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** @file The frame of every page: one self-contained HTML file that asks for nothing from the network. */

import { html, trusted, type SafeHtml } from "./html.ts";
import { htmlStyle } from "./htmlStyle.ts";

/** Head and body of a page. */
export interface Page {
  /** After "Candor: ". */
  readonly title: string;
  readonly header: SafeHtml;
  readonly sections: readonly (SafeHtml | null)[];
}

/** Renders the page; its policy lets it load nothing and run nothing. */
export function renderPage({ title, header, sections }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>Candor: ${title}</title>
        <style>
          ${trusted(htmlStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>${header}</header>
          ${sections}
        </main>
      </body>
    </html> `.html;
}

import { randomBytes } from 'node:crypto';

/** What the document of a page is made of. */
export interface PageParts {
  /** Address of the page's script and style, as the webview may load them. */
  readonly scriptUri: string;
  readonly styleUri: string;
  /** What the webview calls its own resources. */
  readonly cspSource: string;
  readonly title: string;
}

/** The document of a page. It runs this one script, loads nothing from outside and sends nothing. */
export function pageHtml({ scriptUri, styleUri, cspSource, title }: PageParts): string {
  const nonce = randomBytes(24).toString('base64');
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    // The controls try one empty style element, to which they give the nonce.
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
    <meta property="csp-nonce" content="${nonce}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" href="${escapeHtml(styleUri)}" />
  </head>
  <body>
    <div id="root"></div>
    <script nonce="${nonce}" src="${escapeHtml(scriptUri)}"></script>
  </body>
</html>`;
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? character);
}

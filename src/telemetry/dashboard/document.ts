/** The page before its script runs: a title, a place, and a word for who has no script. It holds no data. */

/** The page. */
export const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>replystorm</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<div id="page"></div>
<noscript><p>This page draws a running storm and needs JavaScript. What is known without it is in the terminal of the run.</p></noscript>
</body>
</html>
`;

/** Letters in a whirl, in a tab's corner. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5cad"/><path d="M6 10h20v13H6z" fill="none" stroke="#fff" stroke-width="2.4"/><path d="m6 10 10 8 10-8" fill="none" stroke="#fff" stroke-width="2.4"/></svg>
`;

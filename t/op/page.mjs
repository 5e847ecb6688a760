// What the pages of the demo share: their frame, their look and the escaping of text. They need no
// script and nothing from elsewhere.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escape = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);

// The first letters of a person's first and last name, or of whatever there is.
export function initials(name) {
    const words = name.replace(/,.*|@.*/, '').split(/[\s.]+/).filter(Boolean);
    return [words[0], words.length > 1 ? words.at(-1) : '']
        .map((word) => (word ?? '?').slice(0, 1).toUpperCase())
        .join('');
}

const look = `
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --back: #f3f5f8; --card: #fff; --line: #d5d9de;
    --edge: #7d8590; --accent: #1d4ed8; --strong: #1e40af; --on-accent: #fff; --tint: #e6edff; --ring: #6d95f7;
    --shadow: 0 1px 2px #1b1f240f, 0 8px 24px #1b1f2414 }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --soft: #a4adb7; --back: #111417; --card: #1b1f24;
    --line: #343b43; --edge: #7d8791; --accent: #8fb0ff; --strong: #b3c9ff; --on-accent: #0b1530; --tint: #1f2a44;
    --ring: #8fb0ff; --shadow: none } }
*, ::before, ::after { box-sizing: border-box }
body { margin: 0; min-height: 100vh; min-height: 100svh; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
    background: var(--back); -webkit-text-size-adjust: 100% }
h1, h2, p { margin: 0; text-wrap: pretty }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere }
a { color: var(--accent) }
code { font: .875rem/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace }
.soft { color: var(--soft) }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .875rem; box-shadow: var(--shadow) }
.mark, .avatar { display: inline-grid; place-items: center; flex: none; width: 2.5rem; height: 2.5rem; font-weight: 600;
    user-select: none }
.mark { border-radius: .625rem; background: var(--accent); color: var(--on-accent); font-size: 1.125rem }
.avatar { border-radius: 50%; background: var(--tint); color: var(--strong); font-size: .875rem }
button { min-height: 2.75rem; padding: .5rem 1.125rem; border: 1px solid var(--line); border-radius: .5rem;
    background: var(--card); color: inherit; font: inherit; font-weight: 500; cursor: pointer }
button:hover { border-color: var(--edge) }
button.main { border-color: transparent; background: var(--accent); color: var(--on-accent) }
button.main:hover { background: var(--strong) }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px }`;

export function page({ title, style, body }) {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${look}${style}</style>
</head>
<body>
${body.trim()}
</body>
</html>
`;
}

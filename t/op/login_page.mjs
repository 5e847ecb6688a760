// The page on which a person picks whom to sign in as. Auto-login skips it.

import { escape, initials, page } from './page.mjs';

const style = `
body { display: grid; place-items: center; padding: 1.5rem 1rem }
main { width: 100%; max-width: 26rem }
.card { padding: 2rem }
h1 { margin: 1.25rem 0 .25rem }
fieldset { margin: 1.5rem 0; padding: 0; border: 0; min-width: 0 }
legend { margin-bottom: .5rem; padding: 0; font-weight: 500 }
label { display: flex; align-items: center; gap: .75rem; padding: .625rem .875rem; border: 1px solid var(--line);
    border-radius: .625rem; cursor: pointer }
label + label { margin-top: .5rem }
label:hover { border-color: var(--edge) }
label:has(:checked) { border-color: var(--accent); background: var(--tint) }
label:has(:checked) .avatar { background: var(--card) }
label:has(:focus-visible) { outline: 3px solid var(--ring); outline-offset: 2px }
input { flex: none; order: 1; width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); outline: 0 }
.who { flex: 1; min-width: 0; overflow-wrap: anywhere; line-height: 1.35 }
.who b { display: block; font-weight: 500 }
.who span { font-size: .875rem }
.buttons { display: grid; gap: .625rem }
footer { margin-top: 1.25rem; text-align: center; font-size: .875rem }
@media (max-width: 26rem) { .card { padding: 1.5rem 1.25rem } }`;

function choice({ sub, name, email }, index) {
    return `
      <label><input type="radio" name="sub" value="${escape(sub)}"${index === 0 ? ' checked' : ''}>
        <span class="avatar" aria-hidden="true">${escape(initials(name ?? email))}</span>
        <span class="who"><b>${escape(name ?? email)}</b> <span class="soft">${escape(email)}</span></span></label>`;
}

export function loginPage({ action, organization, connection, users }) {
    const where = organization?.name ?? 'your account';
    return page({
        title: `Sign in to ${where}`,
        style,
        body: `
<main>
  <div class="card">
    <span class="mark" aria-hidden="true">${escape(where.slice(0, 1).toUpperCase())}</span>
    <h1>Sign in to ${escape(where)}</h1>
    <p class="soft">Connection <code>${escape(connection.id)}</code> (${escape(connection.type)})</p>
    <form method="post" action="${escape(action)}">
      <fieldset><legend>Who are you today?</legend>${users.map(choice).join('')}
      </fieldset>
      <p class="buttons"><button class="main">Sign in</button>
        <button name="cancel" value="yes">Cancel</button></p>
    </form>
  </div>
  <footer class="soft">This provider runs on your machine in Scalekit’s place. It asks for no password.</footer>
</main>`,
    });
}

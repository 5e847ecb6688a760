// The page on which a person picks whom to sign in as. Auto-login skips it.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);

export function loginPage({ action, organization, connection, users }) {
    const options = users
        .map(
            (user, index) => `
      <p><label><input type="radio" name="sub" value="${escape(user.sub)}"${index === 0 ? ' checked' : ''}>
        ${escape(user.name ?? user.email)} &lt;${escape(user.email)}&gt;</label></p>`,
        )
        .join('');
    return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body>
  <main>
    <h1>Sign in to ${escape(organization?.name ?? 'your account')}</h1>
    <p>Connection <code>${escape(connection.id)}</code> (${escape(connection.type)})</p>
    <form method="post" action="${escape(action)}">
      <fieldset><legend>Who are you today?</legend>${options}
      </fieldset>
      <p><button type="submit">Sign in</button>
         <button type="submit" name="cancel" value="yes">Cancel</button></p>
    </form>
  </main>
</body>
</html>
`;
}

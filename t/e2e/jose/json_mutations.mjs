// Texts that are nearly the JSON of an object. `valid` ones say what the object says.

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const bytes = (text) => Buffer.from(text, 'latin1');

export function* jsonTexts(object) {
    const text = JSON.stringify(object);
    const open = text.slice(0, -1);
    const [first] = Object.keys(object);
    const value = object[first];
    const escape = (word) =>
        word.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const withMember = (member) => `${open},"x":${member}}`;

    const valid = {
        'white space between the tokens': JSON.stringify(object, null, '\t').replaceAll(
            '\n',
            ' \r\n',
        ),
        'white space around it': ` \t\r\n${text} \t\r\n`,
        'a name in escapes': text.replace(`"${first}"`, `"${escape(first)}"`),
        'a value in escapes': text.replace(`"${value}"`, `"${escape(value)}"`),
        'a character beyond the basic plane in escapes': withMember('"\\ud83d\\ude00"'),
        'a character beyond the basic plane': withMember('"\u{1f600}"'),
        'characters that stand for none': withMember('"\uffff\ufdd0\\uffff"'),
        'DEL and line separators in a string': withMember('"\x7f\u0085\u2028"'),
        'every escape': withMember('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001"'),
        'numbers of every form': withMember('[0,-0,1E5,1e-5,1.5e+3,1e-999,9007199254740993,1e308]'),
        'the ends of 64 bits': withMember('[9223372036854775807,-9223372036854775808]'),
        'an empty name': `${open},"":1}`,
        'a member called __proto__': `${open},"__proto__":{"${first}":"other"}}`,
        'a member called constructor': `${open},"constructor":null,"toString":1}`,
        'nesting of 32 levels': withMember(nested(31)),
        'a name in another case': `${open},"${first.toUpperCase()}":"other"}`,
    };
    for (const [name, made] of Object.entries(valid)) {
        yield { name, text: made, valid: true };
    }

    const others = {
        nothing: '',
        'white space alone': ' ',
        'a list round it': `[${text}]`,
        'a string of it': JSON.stringify(text),
        'a number': '1',
        null: 'null',
        true: 'true',
        'an empty list': '[]',
        'a comma at the end': `${open},}`,
        'a comma at the start': `{,${text.slice(1)}`,
        'no comma': `${open} "x":1}`,
        'no colon': `${open},"x" 1}`,
        'a comment': `${open}/**/}`,
        'a line comment': `${text}//`,
        'single quotes': text.replaceAll('"', "'"),
        'a bare name': `${open},x:1}`,
        'a number as a name': `${open},1:1}`,
        'itself twice': text + text,
        'text behind it': `${text}x`,
        'a bracket behind it': `${text}]`,
        'a missing bracket': open,
        'a byte of NUL behind it': `${text}\0`,
        'a byte of NUL before it': `\0${text}`,
        'a byte of NUL in a string': withMember('"\0"'),
        'a byte of NUL behind a number': withMember('1\0'),
        'a line end in a string': withMember('"\n"'),
        'a control character in a string': withMember('"\x1f"'),
        'a no-break space round it': `\u00a0${text}`,
        'a line separator behind it': `${text}\u2028`,
        'a form feed behind it': `${text}\f`,
        'a vertical tab behind it': `${text}\v`,
        'an escape of hexadecimal digits': withMember('"\\x41"'),
        'a short escape': withMember('"\\u12"'),
        'an escape of a quote mark': withMember('"\\\'"'),
        'an unfinished string': withMember('"x'),
        True: withMember('True'),
        undefined: withMember('undefined'),
        'overlong UTF-8': bytes(withMember('"\xc0\x80"')),
        'a byte that is no UTF-8': bytes(withMember('"\xff"')),
        'half a character in UTF-8': bytes(withMember('"\xe2\x82"')),
        'a surrogate in UTF-8': bytes(withMember('"\xed\xa0\x80"')),
        'UTF-8 beyond Unicode': bytes(withMember('"\xf4\x90\x80\x80"')),
        'bad UTF-8 in a name': bytes(`${open},"\xfe":1}`),
        'bad UTF-8 behind it': bytes(`${text}\x80`),
        'UTF-16': Buffer.from(text, 'utf16le'),
        'UTF-16 with a mark': Buffer.from(`\ufeff${text}`, 'utf16le'),
    };
    for (const number of [
        '01',
        '+1',
        '.5',
        '1.',
        '0x10',
        'NaN',
        'Infinity',
        '-Infinity',
        '-',
        '1e',
        '--1',
        '1_0',
    ]) {
        others[`a number written ${number}`] = withMember(number);
    }

    // what the deviations are about
    Object.assign(others, {
        'a member twice': `${open},"x":1,"x":2}`,
        'a member twice, once in escapes': `${open},"x":1,"\\u0078":1}`,
        'a member twice, deep inside': withMember('[{"y":{"x":1,"x":1}}]'),
        [`${first} twice`]: `${open},"${first}":"${value}"}`,
        [`${first} twice, the first one wrong`]: `{"${first}":"none",${text.slice(1)}`,
        'an escape of NUL': withMember('"a\\u0000b"'),
        'an escape of NUL in a name': `${open},"x\\u0000":1}`,
        'half a pair of surrogates': withMember('"\\ud83d"'),
        'the other half of a pair of surrogates': withMember('"\\ude00"'),
        'a pair of surrogates the wrong way round': withMember('"\\ude00\\ud83d"'),
        'a byte order mark': `\ufeff${text}`,
        'nesting of 33 levels': withMember(nested(32)),
        'nesting of 2000 levels': withMember(nested(2000)),
        'nesting of 33 levels of objects': withMember('{"y":'.repeat(32) + '1' + '}'.repeat(32)),
        'a number of 1e999': withMember('1e999'),
        'a number of -1e999': withMember('-1e999'),
        'an integer beyond 64 bits': withMember('9223372036854775808'),
        'an integer far below 64 bits': withMember('-92233720368547758080'),
    });
    for (const [name, made] of Object.entries(others)) {
        yield { name, text: made, valid: false };
    }
}

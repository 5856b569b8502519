/** @file What `JSON.parse` lets pass: an object that says two things under one name. */

/**
 * The first key that is there twice in one object of `json`, or null.
 *
 * @param json - text that `JSON.parse` has read without complaint.
 */
export function duplicateKey(json: string): string | null {
  /** The keys seen in each object around the place; null for arrays. */
  const around: (Set<string> | null)[] = [];
  let string = '';
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"': {
        const end = endOfString(json, i);
        string = json.slice(i, end);
        i = end - 1;
        break;
      }
      case '{':
        around.push(new Set());
        break;
      case '[':
        around.push(null);
        break;
      case '}':
      case ']':
        around.pop();
        break;
      case ':': {
        // Escapes are undone first: "a" and "\u0061" are one key.
        const key = JSON.parse(string) as string;
        const keys = around.at(-1);
        if (keys?.has(key) === true) return key;
        keys?.add(key);
        break;
      }
      default:
    }
  }
  return null;
}

/** Where the string ends that begins with the quotation mark at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** Where one is: the part of the address behind #, so that Back works and every view can be linked.
 *
 * `#/channels/pusher/main?find=lobby&sort=-occupancy`, `#/channel/pusher/main/NAME`, `#/user/NAME`, `#/intake`,
 * `#/setup/pusher/main`. Names are percent-encoded.
 */

const PROVIDER = /^[a-z][a-z0-9]*$/;
const SOURCE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const OF_A_SOURCE = ["channels", "channel", "setup"];

/** `{view, source: "pusher/main" or "", name, options}`; what is no address is that of the channels. */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, ...words] = path.split("/").map(decoded);
  const options = new URLSearchParams(query);
  const source = OF_A_SOURCE.includes(view) ? words.splice(0, 2).join("/") : "";
  return { view, source: isSource(source) ? source : "", name: words.join("/"), options };
}

export function isSource(text) {
  const [provider, source, ...rest] = text.split("/");
  return PROVIDER.test(provider) && SOURCE.test(source ?? "") && rest.length === 0;
}

/** The address of a view; `source` as "pusher/main". */
export function address(view, { source = "", name = "", options = {} } = {}) {
  const words = [view, ...(source ? source.split("/") : []), ...(name ? [name] : [])];
  const query = new URLSearchParams(Object.entries(options).filter(([, value]) => value)).toString();
  return `#/${words.map((word) => encodeURIComponent(word.toWellFormed())).join("/")}${query ? `?${query}` : ""}`;
}

function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word; // typed by hand, and meant as it stands
  }
}

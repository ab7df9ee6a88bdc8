/** The read key: kept for as long as the tab lives, and nowhere else. */

const PLACE = "rollcall-read-key";

export const readKey = () => sessionStorage.getItem(PLACE) ?? "";
export const keepKey = (key) => sessionStorage.setItem(PLACE, key);
export const forgetKey = () => sessionStorage.removeItem(PLACE);

// Every bound of the page, with one line that says where the number comes from.

/** Chat lines kept: what a thumb scrolls back in a lively show. */
export const CHAT_LINES_MAX = 200;

/** Final captions kept for late language changes: about two minutes in five languages. */
export const CAPTIONS_MAX = 120;

/** Products over the picture; the server refuses a fourth. */
export const PINS_MAX = 3;

/** Orders listed in the host console; older ones are in the export. */
export const ORDERS_LISTED_MAX = 200;

/** Longest chat line the server takes. */
export const CHAT_TEXT_MAX = 500;

/** Taps of one reaction in one message; the server counts no more. */
export const TAPS_MAX = 10;

/** Reactions that float over the picture at once: more hide it, and cost a phone its frames. */
export const FLOATING_MAX = 24;

/** Words nobody may write; the server takes no more. */
export const WORDS_MAX = 200;

/** How often a host's numbers are read. The server writes them every half second. */
export const STATS_PERIOD_MS = 1_000;

/** Longest display name the server takes. */
export const NAME_MAX = 64;

/** Pieces one order sheet offers, unless stock is lower. */
export const QUANTITY_MAX = 20;

/** Lines of a basket; the server takes no more in one order. */
export const CART_LINES_MAX = 20;

/** Receive slots: hosts, guests and a screen of one show (the server takes 16). */
export const VIDEO_SLOTS = 4;
/** One sound per picture. */
export const AUDIO_SLOTS = 4;

/** A silent socket is given up after this long: two clock questions without an answer. */
export const SOCKET_SILENCE_MS_MAX = 12_000;
/** How often the page asks for the server's clock, which also proves the socket alive. */
export const CLOCK_PERIOD_MS = 5_000;
/** A request without an answer is reported after this long. */
export const REQUEST_WAIT_MS_MAX = 10_000;
/** First wait before connecting again. */
export const BACKOFF_MS_MIN = 250;
/** Longest wait before connecting again: a restarted server is found within this time. */
export const BACKOFF_MS_MAX = 8_000;

/** A pin waits for its picture at most this long, should the media clock be wrong. */
export const PIN_DELAY_MS_MAX = 8_000;

/** Tries to deliver one order before the buyer is asked whether to go on. */
export const ORDER_TRIES_MAX = 6;

/** A screen reader says a caption of two rows in about this time. */
export const SPOKEN_EVERY_MS = 4_000;

/** What waits to be read aloud: more is behind the show, and the transcript has it. */
export const SPOKEN_MAX = 3;

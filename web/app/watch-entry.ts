// A document that will play: the player is fetched beside the page, not after it.
import './player/player.ts';
import './main.ts';

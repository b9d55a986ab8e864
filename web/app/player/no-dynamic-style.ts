// video.js would put style elements into the page, which its Content-Security-Policy forbids. Read when it loads.
(window as Window & { VIDEOJS_NO_DYNAMIC_STYLE?: boolean }).VIDEOJS_NO_DYNAMIC_STYLE = true;

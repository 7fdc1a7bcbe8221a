"""What pages share. Every page begins with `ui.frame.frame(TITLE, QUESTION)`."""

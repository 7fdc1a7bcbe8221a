"""Where tables come from: builders that train them, downloads of pinned public files, imports of archives."""

"""The pages of docs/ as pages of a site.

Pages that only tell where a page has moved are left out. Of links to other files of the repository the path is told instead."""
import os
import re

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


MOVED = "This page moved to "


def on_files(files, config, **kwargs):
    for file in list(files.documentation_pages()):
        if file.content_string.startswith(MOVED):
            files.remove(file)
    return files


def on_page_markdown(markdown, page, config, **kwargs):
    folder = os.path.dirname(page.file.src_path)

    def told(match):
        target = match.group(3)
        if "://" in target or target.startswith("mailto:"):
            return match.group(0)
        path = os.path.normpath(os.path.join(folder, target))
        if path.startswith(".."):
            return f"{match.group(2)} (`{os.path.normpath(os.path.join('docs', path))}`)"
        if os.path.isdir(os.path.join(config.docs_dir, path)) or not path.endswith((".md", ".png", ".svg")):
            return f"{match.group(2)} (`{os.path.join('docs', path)}`)"
        return match.group(0)

    return LINK.sub(told, markdown)

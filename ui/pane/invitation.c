#include "pane/invitation.h"

#include <string.h>

int invitation_put(cells *c, rect area, unsigned role, int column, const invitation_row *rows,
                   int count)
{
    int lines = 0;
    for (int n = 0; n < count && lines < area.height; n++) {
        const rect text = {area.x + column, area.y + lines, area.width - column,
                           area.height - lines};
        cells_text(c, area, area.x, text.y, role, ATTR_BOLD, rows[n].name);
        lines += cells_paragraph(c, text, ROLE_TEXT, rows[n].text);
    }
    return lines;
}

int invitation_lines(int width, int column, const invitation_row *rows, int count)
{
    const int room = width - column > 1 ? width - column : 1;
    int lines = 0;
    for (int n = 0; n < count; n++)
        for (const char *at = rows[n].text; *at != '\0'; lines++, at += strspn(at, " "))
            at += cells_break(at, room);
    return lines;
}

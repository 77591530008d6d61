/* page - the plan for people. */
#ifndef ROLLBACK_PAGE_H
#define ROLLBACK_PAGE_H

#include <stdio.h>

#include "rollback/plan.h"

void page_text(const struct plan *, FILE *);
void page_markdown(const struct plan *, FILE *);

#endif

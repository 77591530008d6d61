/* hazard_when - conditions that the rows of the hazard table ask for. */
#ifndef SCHEMA_HAZARD_WHEN_H
#define SCHEMA_HAZARD_WHEN_H

#include "schema/diff.h"

typedef bool hazard_when(const struct diff *, const struct diff_change *);

hazard_when when_added, when_removed,
    when_changed; /* the property: was absent, is absent, is another */
hazard_when when_zone_crossed, when_type_rewrites, when_type_scans, when_type_narrows,
    when_type_shows, when_type_new_for_new_code, when_range_narrows;
hazard_when when_required, when_volatile, when_counted, when_stored;
hazard_when when_primary_key, when_unique, when_check, when_foreign_key, when_exclusion,
    when_validating_check, when_validating_key;
hazard_when when_made_valid, when_left_invalid;
hazard_when when_unique_index, when_labels_lost, when_labels_added;
hazard_when when_default_needed, when_default_dropped, when_identity_dropped, when_sequence_lost,
    when_sequence_gone;
hazard_when when_partition, when_default_partition, when_view_narrowed;
hazard_when when_arguments_broken, when_argument_default, when_ambiguous;
hazard_when when_partition_left, when_in_key, when_key_widened, when_privileges_lost,
    when_identity_stricter, when_identity_counts, when_has_rows, when_rls_table;
hazard_when when_policy_allows, when_policy_restricts;
hazard_when when_unproven, when_stricter_unique, when_attached, when_validating_domain,
    when_not_only_validated, when_constrained;
hazard_when when_code_names_kind, when_schema_names_kind, when_behaves_otherwise, when_implicit,
    when_identity_lost, when_identity_less;
hazard_when when_bound_narrowed;        /* hazard_bound.c */
hazard_when when_name_used, when_key_name_used, when_stricter_unique_index;
hazard_when when_unique_gone, when_unique_new, when_unique_index_gone, when_index_gone;
hazard_when when_ungenerated, when_recomputed;
hazard_when when_attributes_lost, when_sequence_lower, when_validated, when_enabled, when_disabled;
hazard_when when_labels_moved, when_beside_default;
/* hazard_rule.c */
hazard_when when_stricter_check, when_rule_of_default, when_stricter_key, when_key_of_empty,
    when_key_acts, when_rule_changed, when_key_eased, when_list_longer, when_check_gone,
    when_stricter_exclusion, when_exclusion_gone, when_key_name_gone, when_key_name_new,
    when_primary_lost, when_rule_gone, when_rule_eased;
/* hazard_code.c */
hazard_when when_numbers_refused, when_column_hidden, when_elsewhere, when_expression_fails,
    when_column_checked, when_row_returned;
hazard_when when_left_out, when_default_new, when_identity_new, when_privileges_new,
    when_columns_new, when_call_new;
/* Is a column of the key new, and NULL everywhere? Then there is nothing to check, and nothing of
 * old code's to refuse. */
bool when_key_is_empty(const struct diff *, const struct diff_change *);

#endif

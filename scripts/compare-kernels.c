/* Runs ck_compare for every set of this CPU: usage compare-kernels [trials] [seed]. */
#include "ckernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    int trials = count > 1 ? atoi(arguments[1]) : 200, sets = 0;
    uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    char message[200];
    for (int32_t s = 0; s < ck_set_count(); s++) {
        const ck_table *set = ck_set_at(s);
        if (!set || strcmp(set->name, "scalar") == 0) continue;
        sets++;
        for (int32_t operation = 0; operation < ck_operation_count(); operation++)
            for (int trial = 0; trial < trials; trial++)
                if (ck_compare(set, operation, seed + (uint64_t)trial, message, sizeof message)) {
                    printf("%s_%s, seed %llu: %s\n", ck_operation_name(operation), set->name,
                        (unsigned long long)seed + (unsigned)trial, message);
                    return 1;
                }
        printf("%s: %d operations × %d trials equal the scalar twin, bit for bit\n", set->name,
            ck_operation_count(), trials);
    }
    return sets == 0;
}

# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The comparison: loads, servers, and the results of their runs."""

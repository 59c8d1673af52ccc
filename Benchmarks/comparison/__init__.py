# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The comparison: loads, the servers that bear them, and what their runs show."""

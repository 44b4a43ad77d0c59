"""Mixed precision, where it is faster: on graphics cards, and processors that multiply bfloat16.

Other processors imitate bfloat16: a product of matrices takes them forty times as long as in fp32.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch


def mixed_precision(device: torch.device) -> torch.autocast:
    """Return the context in which a model trains: in bfloat16 where the device has it, or fp32."""
    is_native = device.type != "cpu" or multiplies_bfloat16(torch.cpu.get_capabilities())
    return torch.autocast(device.type, torch.bfloat16, enabled=is_native)


def multiplies_bfloat16(capabilities: Mapping[str, object]) -> bool:
    """Tell whether a processor with such capabilities, as PyTorch names them, has bfloat16."""
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))

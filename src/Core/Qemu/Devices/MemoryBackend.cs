namespace VirtHandover.Qemu;

/// <summary>A memory backend (<c>query-memdev</c>).</summary>
/// <param name="Id">Its id; null for the one that <c>-m</c> made by itself before QEMU 5.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Share">True when other processes can map the same memory.</param>
internal sealed record MemoryBackend(string? Id, long Size, bool Share);

using System.Runtime.InteropServices;
using System.Text;

namespace VirtHandover.Linux;

/// <summary>The beginning of what a program says, decoded as a whole: a character may come in two pieces. May be fed from two pipes at once.</summary>
/// <param name="most">Bytes that are kept.</param>
internal sealed class KeptOutput(int most)
{
    private readonly Lock _lock = new();
    private readonly List<byte> _kept = [];
    private bool _isCut;

    /// <summary>As UTF-8, with a mark for each byte that is none; a character that was cut through is left out.</summary>
    internal string Text
    {
        get
        {
            lock (_lock)
            {
                var decoder = Encoding.UTF8.GetDecoder();
                var characters = new char[Encoding.UTF8.GetMaxCharCount(_kept.Count)];
                var count = decoder.GetChars(CollectionsMarshal.AsSpan(_kept), characters, flush: !_isCut);
                return new string(characters, 0, count);
            }
        }
    }

    /// <summary>Reads a pipe to its end, so that the program never blocks on a full one.</summary>
    /// <param name="pipe">Its end here.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    internal async Task ReadAsync(Stream pipe, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        while (await pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            Keep(buffer.AsSpan(0, count));
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var room = most - _kept.Count;
            _isCut |= bytes.Length > room;
            _kept.AddRange(bytes[..Math.Min(bytes.Length, room)]);
        }
    }
}

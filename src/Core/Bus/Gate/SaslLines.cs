namespace VirtHandover.Bus.Gate;

/// <summary>
/// The lines with which a D-Bus connection begins: sd-bus sends commands, the last of which is BEGIN and has no answer; each other has one. Behind them
/// messages follow, in either direction.
/// </summary>
internal sealed class SaslLines
{
    private readonly List<byte> _line = [];
    private bool _begun;
    private int _open;

    /// <summary>Looks at what goes to the bus.</summary>
    /// <returns>How many bytes of it are commands; what follows them is a message.</returns>
    internal int TakeCommands(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (at < data.Length && !_begun)
        {
            var one = data[at++];
            _line.Add(one);
            if (one != '\n')
                continue;
            _begun = _line is [(byte)'B', (byte)'E', (byte)'G', (byte)'I', (byte)'N', ..];
            _open += _begun ? 0 : 1;
            _line.Clear();
        }

        return at;
    }

    /// <summary>Looks at what comes from the bus.</summary>
    /// <returns>How many bytes of it are answers to commands; what follows them is a message.</returns>
    internal int TakeAnswers(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (at < data.Length && (!_begun || _open > 0))
            _open -= data[at++] == '\n' ? 1 : 0;
        return at;
    }
}

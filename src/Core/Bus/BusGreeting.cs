using System.Text;

namespace VirtHandover.Bus;

/// <summary>
/// How a D-Bus connection begins (D-Bus specification, "Authentication Protocol"). As sd-bus does it: all in one step, and without saying who we are. The
/// other side asks its kernel, and behind ssh that is whoever ssh has logged in as; a number of ours would be somebody else there.
/// </summary>
internal static class BusGreeting
{
    // Two lines of an answer: a challenge without content, and the bus's number of 32 digits. A bus that refuses lists what it would take.
    private const int MostBytes = 1024;

    private static readonly byte[] s_words = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8.ToArray();

    /// <summary>Says it and takes the answer; what follows are messages.</summary>
    /// <param name="bus">The connection.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="BusException">The bus does not let us in, or it is none.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    internal static async Task SayAsync(Stream bus, CancellationToken cancellationToken)
    {
        await bus.WriteAsync(s_words, cancellationToken).ConfigureAwait(false);
        var answer = new byte[MostBytes];
        for (var length = 0; ;)
        {
            var got = await bus.ReadAsync(answer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += got;

            // Nothing of a message can be behind the lines: a bus says nothing more before it is asked something.
            switch (Encoding.ASCII.GetString(answer, 0, length).Split("\r\n"))
            {
                case ["DATA", ['O', 'K', ' ', ..], ""]:
                    return;
                case [_] or ["DATA", _] when got > 0:
                    continue;
                case [""] or ["DATA", ""]:
                    throw new BusException(BusErrorNames.Disconnected, "The connection was closed at its other end.");
                default:
                    throw new BusException(BusErrorNames.AccessDenied, "What answers there does not let this user in, or is no D-Bus bus.");
            }
        }
    }
}

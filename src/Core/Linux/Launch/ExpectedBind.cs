using System.Net;

namespace VirtHandover.Linux.Launch;

/// <summary>An address on which a program is going to listen, by its command line.</summary>
/// <param name="Meaning">What for, for sentences: <c>SPICE</c>.</param>
/// <param name="Host">An IP address; or a name, or nothing, of which it takes the first address that it can have.</param>
/// <param name="Port">The port.</param>
internal sealed record ExpectedBind(string Meaning, string Host, int Port)
{
    /// <summary>Whether it is this one that a program asks for.</summary>
    /// <param name="place">An argument of its <c>bind(2)</c>.</param>
    internal bool Fits(IPEndPoint place) => place.Port == Port && (!IPAddress.TryParse(Host, out var named) || named.Equals(place.Address));

    /// <summary>Which of several it is that a program asks for.</summary>
    /// <param name="expected">What it may ask for.</param>
    /// <param name="address">The argument of its <c>bind(2)</c>, as it lies in its memory.</param>
    /// <param name="place">The address in it.</param>
    /// <returns>Its place among them; -1 when it is none of them, and the call is none of ours.</returns>
    internal static int Find(IReadOnlyList<ExpectedBind> expected, ReadOnlySpan<byte> address, out IPEndPoint place)
    {
        place = ListenAddress.Read(address) ?? new IPEndPoint(IPAddress.None, 0);
        for (var i = 0; i < expected.Count && place.Port != 0; i++)
        {
            if (expected[i].Fits(place))
                return i;
        }

        return -1;
    }
}

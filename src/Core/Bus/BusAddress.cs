using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace VirtHandover.Bus;

/// <summary>Connects to a D-Bus address (D-Bus specification, "Server Addresses"): sockets of this machine only.</summary>
internal static class BusAddress
{
    /// <summary>Connects to the first of them that can be had.</summary>
    /// <param name="addresses">Addresses, with <c>;</c> between them.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="BusException">None can be had.</exception>
    internal static async Task<Stream> ConnectAsync(string addresses, CancellationToken cancellationToken)
    {
        var problem = "it is empty";
        foreach (var address in addresses.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf(address)), cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e)
            {
                socket.Dispose();
                if (e is not (SocketException or ArgumentException or BusException))
                    throw;
                problem = e.Message;
            }
        }

        throw new BusException(BusErrorNames.NoServer, $"Could not connect: {problem.TrimEnd('.')}.");
    }

    /// <exception cref="BusException">It is another kind of address.</exception>
    private static string PathOf(string address)
    {
        const string Transport = "unix:";
        if (address.StartsWith(Transport, StringComparison.Ordinal))
        {
            foreach (var pair in address[Transport.Length..].Split(','))
            {
                if (pair.StartsWith("path=", StringComparison.Ordinal))
                    return Unescape(pair["path=".Length..]);
                if (pair.StartsWith("abstract=", StringComparison.Ordinal))
                    return "\0" + Unescape(pair["abstract=".Length..]);
            }
        }

        throw new BusException(
            BusErrorNames.NoServer, $"\"{address}\" is no address of a local socket; one looks like {BusConnection.DefaultSystemAddress}");
    }

    private static string Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var one))
            {
                bytes.Add(one);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i..(i + 1)]));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}

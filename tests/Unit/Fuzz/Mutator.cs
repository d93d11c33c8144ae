namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>Damages known inputs as disks, networks and other people's programs do: flipped, cut, doubled, spliced, blown up.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, int seed)
{
    private static readonly string[] Tokens =
        ["0", "-1", "9223372036854775808", "1e999", "\0", "\n", "\"", "{", "[", "}", "]", "null", "\\u0000", "\ufffd", "<", "</", "&x;", "'", "..", "/"];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        List<byte> input = [.. Pick(seeds)];
        for (int i = _random.Next(1, 6); i > 0; i--)
            Damage(input);
        return [.. input];
    }

    private void Damage(List<byte> input)
    {
        int at = _random.Next(input.Count + 1);
        int length = Math.Min(_random.Next(1, 64), input.Count - at);
        switch (_random.Next(7))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                input.RemoveRange(at, input.Count - at);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(at, input.GetRange(at, length));
                break;
            case 4:
                byte[] other = Pick(seeds);
                int from = _random.Next(other.Length + 1);
                input.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, _random.Next(256))));
                break;
            case 5:
                input.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(Tokens[_random.Next(Tokens.Length)]));
                break;
            default:
                input.InsertRange(at, Enumerable.Repeat((byte)_random.Next(256), _random.Next(1, 4096)));
                break;
        }
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];
}

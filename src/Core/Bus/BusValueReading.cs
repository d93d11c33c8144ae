namespace VirtHandover.Bus;

/// <summary>Reads a <see cref="BusValue"/> of an expected type; a value of another type is the sender's error.</summary>
internal static class BusValueReading
{
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: the value is not of the expected type.</exception>
    internal static string AsText(this BusValue value) => value.Unwrapped() is BusValue.Text text ? text.Value : throw Unexpected(value, "s");

    /// <exception cref="BusException">As above.</exception>
    internal static string AsPath(this BusValue value) =>
        value.Unwrapped() is BusValue.ObjectPath path ? path.Value : throw Unexpected(value, "o");

    /// <exception cref="BusException">As above.</exception>
    internal static bool AsBoolean(this BusValue value) =>
        value.Unwrapped() is BusValue.Boolean boolean ? boolean.Value : throw Unexpected(value, "b");

    /// <exception cref="BusException">As above.</exception>
    internal static uint AsUInt32(this BusValue value) =>
        value.Unwrapped() is BusValue.UInt32 number ? number.Value : throw Unexpected(value, "u");

    /// <exception cref="BusException">As above.</exception>
    internal static int AsInt32(this BusValue value) =>
        value.Unwrapped() is BusValue.Int32 number ? number.Value : throw Unexpected(value, "i");

    /// <exception cref="BusException">As above.</exception>
    internal static ulong AsUInt64(this BusValue value) =>
        value.Unwrapped() is BusValue.UInt64 number ? number.Value : throw Unexpected(value, "t");

    /// <summary>An unsigned number of the bus as a signed one; what does not fit is cut to the largest.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal static long AsClampedInt64(this BusValue value) => (long)Math.Min(value.AsUInt64(), long.MaxValue);

    /// <exception cref="BusException">As above.</exception>
    internal static double AsDouble(this BusValue value) =>
        value.Unwrapped() is BusValue.Double number ? number.Value : throw Unexpected(value, "d");

    /// <exception cref="BusException">As above.</exception>
    internal static IReadOnlyList<BusValue> AsItems(this BusValue value) =>
        value.Unwrapped() is BusValue.Array array ? array.Items : throw Unexpected(value, "a");

    /// <exception cref="BusException">As above.</exception>
    internal static IReadOnlyList<string> AsStrings(this BusValue value) => [.. value.AsItems().Select(AsText)];

    /// <exception cref="BusException">As above.</exception>
    internal static IReadOnlyList<BusValue> AsFields(this BusValue value) =>
        value.Unwrapped() is BusValue.Structure structure ? structure.Fields : throw Unexpected(value, "(");

    /// <summary>A dictionary with string keys; variants are unwrapped, of a repeated key the last one counts.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal static IReadOnlyDictionary<string, BusValue> AsOptions(this BusValue value)
    {
        var result = new Dictionary<string, BusValue>(StringComparer.Ordinal);
        foreach (var item in value.AsItems())
        {
            if (item is not BusValue.Entry entry)
                throw Unexpected(value, "a{sv}");
            result[entry.Key is BusValue.ObjectPath path ? path.Value : entry.Key.AsText()] = entry.Value.Unwrapped();
        }

        return result;
    }

    /// <summary>The value inside any number of variants.</summary>
    internal static BusValue Unwrapped(this BusValue value)
    {
        while (value is BusValue.Variant variant)
            value = variant.Value;
        return value;
    }

    private static BusException Unexpected(BusValue value, string expected) =>
        new(BusErrorNames.InvalidArgs, $"A D-Bus value has the type \"{value.Signature}\", but \"{expected}\" was expected.");
}

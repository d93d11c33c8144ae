using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace VirtHandover.Tests.Unit.Unused;

/// <summary>What compiled programs offer one another, and what of it their code names.</summary>
internal sealed class CompiledCode
{
    // What the compiler makes for a record reads every property.
    private static readonly HashSet<string> OfRecords =
        ["PrintMembers", "ToString", "Equals", "GetHashCode", "Deconstruct", "<Clone>$", "op_Equality", "op_Inequality"];

    private readonly HashSet<string> _offered = new(StringComparer.Ordinal);
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _parts = new(StringComparer.Ordinal);

    /// <summary>Methods and the readers of properties that other code could call, as <c>Type.Member</c>; of overloads the name counts once.</summary>
    internal IEnumerable<string> Offered => _offered;

    /// <summary>Methods that code calls or takes the address of; with a record that is taken apart, what it is made of.</summary>
    internal IReadOnlySet<string> Named =>
        _named.Union(_parts.Where(record => _named.Contains(record.Key)).SelectMany(record => record.Value)).ToHashSet(StringComparer.Ordinal);

    /// <summary>Reads an assembly.</summary>
    /// <param name="path">Its file.</param>
    internal void Add(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        foreach (var handle in reader.MethodDefinitions)
        {
            var method = reader.GetMethodDefinition(handle);
            if (IsOffered(reader, method))
                _ = _offered.Add(NameOf(reader, method));
            if (method.RelativeVirtualAddress == 0)
                continue;
            var named = Instructions.Tokens(file.GetMethodBody(method.RelativeVirtualAddress).GetILReader())
                .Where(token => token != handle).Select(token => Callee(reader, token)).OfType<string>();
            if (!OfRecords.Contains(reader.GetString(method.Name)) || !IsGenerated(reader, method.GetCustomAttributes()))
                _named.UnionWith(named);
            else if (reader.StringComparer.Equals(method.Name, "Deconstruct"))
                _parts[NameOf(reader, method)] = [.. named];
        }
    }

    private static bool IsOffered(MetadataReader reader, MethodDefinition method)
    {
        var name = reader.GetString(method.Name);
        var type = reader.GetTypeDefinition(method.GetDeclaringType());
        return (method.Attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Assembly or MethodAttributes.Public
            && (method.Attributes & MethodAttributes.Virtual) == 0
            && (method.Attributes & MethodAttributes.SpecialName) == (name.StartsWith("get_", StringComparison.Ordinal) ? MethodAttributes.SpecialName : 0)
            && !(OfRecords.Contains(name) && IsGenerated(reader, method.GetCustomAttributes()))
            && !name.Contains('<', StringComparison.Ordinal)
            && !IsOfMachines(reader, method.GetDeclaringType())
            && !IsGeneratedCode(reader, method.GetCustomAttributes())
            && (type.Attributes & TypeAttributes.ClassSemanticsMask) != TypeAttributes.Interface;
    }

    // Lambdas' and iterators' types, and what source generators write.
    private static bool IsOfMachines(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return reader.GetString(type.Name).Contains('<', StringComparison.Ordinal)
            || IsGenerated(reader, type.GetCustomAttributes())
            || IsGeneratedCode(reader, type.GetCustomAttributes())
            || (!type.GetDeclaringType().IsNil && IsOfMachines(reader, type.GetDeclaringType()));
    }

    private static bool IsGenerated(MetadataReader reader, CustomAttributeHandleCollection attributes) => Has(reader, attributes, "CompilerGeneratedAttribute");

    private static bool IsGeneratedCode(MetadataReader reader, CustomAttributeHandleCollection attributes) => Has(reader, attributes, "GeneratedCodeAttribute");

    private static bool Has(MetadataReader reader, CustomAttributeHandleCollection attributes, string name) => attributes.Any(handle =>
        reader.GetCustomAttribute(handle).Constructor is { Kind: HandleKind.MemberReference } constructor
        && reader.GetMemberReference((MemberReferenceHandle)constructor).Parent is { Kind: HandleKind.TypeReference } type
        && reader.StringComparer.Equals(reader.GetTypeReference((TypeReferenceHandle)type).Name, name));

    private static string? Callee(MetadataReader reader, EntityHandle token)
    {
        switch (token.Kind)
        {
            case HandleKind.MethodDefinition:
                return NameOf(reader, reader.GetMethodDefinition((MethodDefinitionHandle)token));
            case HandleKind.MethodSpecification:
                return Callee(reader, reader.GetMethodSpecification((MethodSpecificationHandle)token).Method);
            case HandleKind.MemberReference:
                var member = reader.GetMemberReference((MemberReferenceHandle)token);
                return TypeOf(reader, member.Parent) is { } type ? $"{type}.{reader.GetString(member.Name)}" : null;
            default:
                return null;
        }
    }

    private static string NameOf(MetadataReader reader, MethodDefinition method) =>
        $"{TypeOf(reader, method.GetDeclaringType())}.{reader.GetString(method.Name)}";

    private static string? TypeOf(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                var type = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
                return Join(reader, type.GetDeclaringType().IsNil ? null : TypeOf(reader, type.GetDeclaringType()), type.Namespace, type.Name);
            case HandleKind.TypeReference:
                var reference = reader.GetTypeReference((TypeReferenceHandle)handle);
                var outer = reference.ResolutionScope.Kind == HandleKind.TypeReference ? TypeOf(reader, reference.ResolutionScope) : null;
                return Join(reader, outer, reference.Namespace, reference.Name);
            case HandleKind.TypeSpecification:
                // A generic type with its arguments: ELEMENT_TYPE_GENERICINST, class or value type, which.
                var blob = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                return blob.ReadCompressedInteger() == 0x15 && blob.ReadCompressedInteger() is 0x11 or 0x12 ? TypeOf(reader, blob.ReadTypeHandle()) : null;
            default:
                return null;
        }
    }

    private static string Join(MetadataReader reader, string? outer, StringHandle space, StringHandle name) =>
        $"{outer ?? reader.GetString(space)}.{reader.GetString(name)}";
}
